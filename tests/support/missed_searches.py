"""Makes searches without results for tests: by counting them as the search does, or as rows of the report."""

import datetime

import time_machine

from search.missed import count_missed_search
from search.models import MissedSearch


def miss(text, days, on=datetime.date(2026, 3, 4)):
    """Count `text` as a search without results on a number of `days` in a row, the last of which is `on`."""
    for number in reversed(range(days)):
        with time_machine.travel(on - datetime.timedelta(number), tick=False):
            count_missed_search(text)


def make_reported(words, count=5, month=datetime.date(2026, 3, 1)):
    """Return a new row of the report: `words` were searched for on `count` days, the last of them in `month`.

    With fewer days than MissedSearch.MIN_REPORTED_COUNT, which is 5, the report leaves a row out.
    """
    digest = f"digest of {words}"
    return MissedSearch.objects.create(digest=digest, words=words, count=count, month=month)
