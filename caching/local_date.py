"""The current date in the site's time zone. A consent ends at the end of such a day."""

import time
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

QUARTER = 15 * 60  # seconds


def today():
    """Return the date in settings.TIME_ZONE.

    Django's current time zone may be another one: Wagtail's admin activates the time zone of each user.
    """
    # Every request for a cached page asks for the date.
    return date_of_quarter(int(time.time() // QUARTER), settings.TIME_ZONE)


@lru_cache(maxsize=1)
def date_of_quarter(quarter, time_zone):
    """Return the date in a quarter of an hour, counted from the epoch.

    Each quarter is in one day only, because midnight in any time zone is the beginning of a quarter.
    """
    return datetime.fromtimestamp(quarter * QUARTER, ZoneInfo(time_zone)).date()
