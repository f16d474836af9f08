"""Sessions end a work day after signing in, with the browser, and when the way into the account changes."""

import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

# Session key: when the user last proved who they are, in seconds since 1970.
IDENTITY_VERIFIED_AT = "identity_verified_at"
_acting_session = ContextVar("acting_session", default=None)


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with an end that is set once."""

    def set_expiry(self, value):
        """Do nothing: Wagtail's login would set another end."""

    def get_expire_at_browser_close(self):
        return True


def note_start(request, **_arguments):
    """Set the end of a session that begins, and note that its user just proved who they are."""
    end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session["_session_expiry"] = end.isoformat()
    request.session[IDENTITY_VERIFIED_AT] = time.time()


@contextmanager
def acting_in(session):
    """Let `session` outlive the changes that are made meanwhile."""
    token = _acting_session.set(session)
    try:
        yield
    finally:
        _acting_session.reset(token)


def end_sessions(user):
    """End all sessions of `user`, except for the one that the change is made in (`acting_in`)."""
    acting = _acting_session.get()
    sessions = Session.objects.filter(expire_date__gt=timezone.now())
    if acting is not None:
        sessions = sessions.exclude(session_key=acting.session_key)
    # A session names its user inside its signed data alone.
    ended = [each.pk for each in sessions.iterator() if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=ended).delete()
