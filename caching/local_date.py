"""The current date in the site's time zone. A consent ends at the end of such a day."""

from datetime import datetime

from django.utils import timezone


def today():
    """Return the date in settings.TIME_ZONE.

    Django's current time zone may be another one: Wagtail's admin activates the time zone of each user.
    """
    # Every request for a cached page asks for the date, and timezone.localdate() takes longer.
    return datetime.now(timezone.get_default_timezone()).date()
