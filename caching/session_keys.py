"""Session keys that end in a MAC, so that a made-up session cookie is recognised without the database.

Requests with a session are not answered from the page cache. Anybody can send a cookie with the form of a
session key. Without the MAC, a page would be made anew for each such request.
"""

import hmac
from itertools import chain

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare, get_random_string

# Characters of the two parts of a key. Together they fill the column session_key of Django's table.
# 24 random letters and digits have 124 bits; OWASP's Session Management Cheat Sheet asks for 64.
RANDOM_LENGTH = 24
# 16 hexadecimal digits have 64 bits. Whoever guesses a MAC only gets past the page cache, because no session
# has the key.
MAC_LENGTH = 16


def make_session_key():
    """Return a new session key, with a MAC by SECRET_KEY."""
    start = get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS)
    return start + _mac(start, settings.SECRET_KEY)


def is_genuine(session_key):
    """Return whether this site made the text `session_key`, with SECRET_KEY or one of SECRET_KEY_FALLBACKS.

    Makes no query. The session may have ended.
    """
    if len(session_key) != RANDOM_LENGTH + MAC_LENGTH:  # saves computing a MAC
        return False
    start, mac = session_key[:RANDOM_LENGTH], session_key[RANDOM_LENGTH:]
    keys = chain([settings.SECRET_KEY], settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(mac, _mac(start, key)) for key in keys)


def has_genuine_session(cookie_header):
    """Return whether the text of a Cookie header has a session cookie that this site made."""
    name = settings.SESSION_COOKIE_NAME
    # As Django reads it: WSGI passes the bytes of a header decoded as Latin-1, and they are UTF-8. Most
    # headers don't contain the name, and are not parsed.
    header = cookie_header.encode("latin-1").decode(errors="replace")
    return name in header and is_genuine(parse_cookie(header).get(name, ""))


def _mac(start, secret_key):
    message = f"session key:{start}".encode()
    return hmac.digest(secret_key.encode(), message, "sha256").hex()[:MAC_LENGTH]
