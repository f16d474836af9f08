"""The page that visitors get while the database is away. operations/outage.py writes it to a file."""

import base64
import hashlib
import re

from django.conf import settings
from django.http import HttpResponse

RETRY_AFTER = 30  # seconds


def page_file():
    """Return the path of the page, which a front server shows too, when the site itself does not answer."""
    return settings.DATA_DIR / "maintenance.html"


def outage_page():
    try:
        body = page_file().read_bytes()
    except OSError:
        body = b"<!doctype html><title>Back soon</title><p>We are working on the site.</p>"
    response = HttpResponse(body, status=503)
    response["Retry-After"] = RETRY_AFTER
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = policy_for(body)
    response.is_outage = True
    return response


def policy_for(body):
    """Return the policy for the page: nothing but the style sheet that is in it."""
    style = re.search(rb"<style>(.*?)</style>", body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1] if style else b"").digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


def is_outage(response):
    return getattr(response, "is_outage", False)
