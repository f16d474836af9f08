"""The page that visitors get while the database is down or the site busy. operations/outage.py writes it."""

import base64
import hashlib
import re
import sqlite3

from django.conf import settings
from django.http import HttpResponse

# The Retry-After header, in seconds.
RETRY_AFTER = 30


def page_file():
    """Return the path of the page. A front server such as nginx can show it when the site doesn't answer."""
    return settings.DATA_DIR / "maintenance.html"


def outage_page(is_outage=True):
    """Return a response with status 503 and the page, or a short text if the file is missing.

    `is_outage`: whether the database is down. False if only this request failed or has waited too long.
    """
    try:
        body = page_file().read_bytes()
    except OSError:
        body = b"<!doctype html><title>Back soon</title><p>The site is busy, or we are working on it.</p>"
    response = HttpResponse(body, status=503)
    response["Retry-After"] = RETRY_AFTER
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = policy_for(body)
    response.is_outage = is_outage
    return response


def policy_for(body):
    """Return a Content Security Policy that allows only the inline style sheet in `body`, and its empty icon.

    Because of the icon, a "data:" URL, browsers ask for no other.
    """
    style = re.search(rb"<style>(.*?)</style>", body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1] if style else b"").digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"


def is_outage(response):
    """Return whether `response` was made by `outage_page` because the database is down."""
    return getattr(response, "is_outage", False)


def is_timeout(error):
    """Return whether the database ended a statement that took too long. That is no outage.

    `error`: any exception, or None.
    """
    cause = getattr(error, "__cause__", None)
    is_canceled = getattr(cause, "sqlstate", None) == "57014"  # PostgreSQL's query_canceled
    return is_canceled or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
