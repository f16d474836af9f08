"""The current date in the site's time zone. A consent ends at the end of such a day."""

from django.utils import timezone


def today():
    """Return the date in settings.TIME_ZONE.

    Django's current time zone may be another one: Wagtail's admin activates the time zone of each user.
    """
    return timezone.localdate(timezone=timezone.get_default_timezone())
