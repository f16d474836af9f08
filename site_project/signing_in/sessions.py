"""Sessions that end a work day after signing in, whatever is done in them, and with the browser."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone


class SessionStore(db.SessionStore):
    """Django's own, whose end is set once."""

    def set_expiry(self, value):
        """Do nothing: Wagtail's login would set another end."""

    def get_expire_at_browser_close(self):
        return True


def note_start(request, **_arguments):
    """Set the end of the session of somebody who just signed in."""
    end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session["_session_expiry"] = end.isoformat()
