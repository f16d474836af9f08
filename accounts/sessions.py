"""The session backend (SESSION_ENGINE), and when sessions end.

A session ends SESSION_COOKIE_AGE after the sign-in, when the user signs out or closes the browser, when the
e-mail address, the password or a second factor of the account changes, and when the account is made inactive.
"""

import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.utils import timezone

from caching.session_keys import is_genuine, make_session_key

# Session key: when the user last proved who they are, in seconds since 1970.
IDENTITY_VERIFIED_AT = "identity_verified_at"
# The session that end_sessions() does not end.
_preserved_session = ContextVar("preserved_session", default=None)
# nginx asks this path whether a request has a genuine session cookie, before it takes a large body.
CHECK_PATH = "/.session"


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's middleware, but a session cookie that this site did not make is ignored from here on.

    So it changes neither the response nor its headers, and causes no query.
    """

    def process_request(self, request):
        has_session = is_genuine(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
        if request.path_info == CHECK_PATH:
            return HttpResponse(status=204 if has_session else 403, headers={"Cache-Control": "no-store"})
        if not has_session:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return super().process_request(request)


class SessionStore(db.SessionStore):
    """Django's database sessions, with keys that end in a MAC.

    The time of the end is set at sign-in and never extended.
    """

    def _get_new_session_key(self):
        # Django's method also checks that no session has the key. Here only create() does, and tries again.
        return make_session_key()

    def _validate_session_key(self, key):
        return bool(key) and is_genuine(key)

    def set_expiry(self, value):
        """Do nothing, because Wagtail's login view would set another end."""

    def get_expire_at_browser_close(self):
        # Django's method returns False for a session whose end is set.
        return True


def set_session_end(session, lifetime):
    """Set that `session` ends in `lifetime` from now."""
    # As Django's set_expiry() does, which SessionStore turns off.
    session["_session_expiry"] = (timezone.now() + lifetime).isoformat()


def start_session(request, **_arguments):
    """Set when the session ends, and store the time of the sign-in. A receiver of `user_logged_in`."""
    set_session_end(request.session, timedelta(seconds=settings.SESSION_COOKIE_AGE))
    request.session[IDENTITY_VERIFIED_AT] = time.time()


@contextmanager
def preserve_session(session):
    """Context manager in which end_sessions() keeps `session`."""
    token = _preserved_session.set(session)
    try:
        yield
    finally:
        _preserved_session.reset(token)


def end_sessions(user):
    """Delete all sessions of `user`, except the one of an enclosing preserve_session()."""
    preserved = _preserved_session.get()
    sessions = Session.objects.filter(expire_date__gt=timezone.now())
    if preserved is not None:
        sessions = sessions.exclude(session_key=preserved.session_key)
    # The user's ID is only inside the encoded data, so no query can select by it.
    ended = [each.pk for each in sessions.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=ended).delete()
