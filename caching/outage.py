"""The page that visitors get after an error, while the database is down, and while the site is busy.

operations/outage.py writes it.
"""

import base64
import hashlib
import re

from django.conf import settings
from django.http import HttpResponse

# The Retry-After header, in seconds.
RETRY_AFTER = 30
# The body while the file is missing.
MISSING_PAGE = b"""<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Please try again in a minute</title>
<link rel="icon" href="data:,">
<main>
<h1>Please try again in a minute</h1>
<p>The site is busy, or we are working on it. If you are in danger now, call your local emergency number.</p>
</main>
"""


def page_file():
    """Return the path of the page. A front server such as nginx can show it when the site doesn't answer."""
    return settings.DATA_DIR / "served" / "maintenance.html"


def outage_page(status=503):
    """Return a response with the page, or with a short text if the file is missing."""
    try:
        body = page_file().read_bytes()
    except OSError:
        body = MISSING_PAGE
    response = HttpResponse(body, status=status)
    response["Retry-After"] = RETRY_AFTER
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = policy_for(body)
    return response


def server_error(_request):
    """View for status 500 (handler500). It needs neither the database nor a template."""
    return outage_page(status=500)


def policy_for(body):
    """Return a Content Security Policy that allows only the inline style sheet in `body`, and its empty icon.

    Because of the icon, a "data:" URL, browsers ask for no other.
    """
    style = re.search(rb"<style>(.*?)</style>", body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1] if style else b"").digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
