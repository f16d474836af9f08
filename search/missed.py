"""Counts searches without results, without storing words that only one visitor may have typed."""

import re
from contextlib import contextmanager, suppress

from django.db import Error, connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.crypto import salted_hmac

from search.analysis import fold_words
from search.models import MissedSearch
from stories.terms import fold

# What may identify a person: an at sign (e-mail address, name on a social network), a web address, or
# five digits with anything but letters between them (telephone or passport number).
PERSONAL_DATA = re.compile(r"@|://|\w\.\w{2}|(?:\d[\W_]*){5}")
# In characters. A longer text is likely to tell about somebody's life.
MAX_LENGTH = 100
# In milliseconds: how long a visitor may wait for SQLite's write lock. The count is skipped then.
LOCK_TIMEOUT = 250


def count_missed_search(text):
    """Count one search for `text` without results. The visitor's answer never fails because of it.

    Nothing is counted if the text may identify a person. The database may be read-only, full or locked, or
    its user may not write: each is another error.
    """
    words = get_countable_words(text)
    if words:
        with suppress(Error), short_lock_timeout(), transaction.atomic():
            _increment(words)


def get_countable_words(text):
    """Return the words of `text`, folded, as they are counted; "" if they may identify a person."""
    words = " ".join(fold_words(text))
    return "" if PERSONAL_DATA.search(fold(text)) or len(words) > MAX_LENGTH else words


def delete_old_missed_searches():
    """Delete the counts of words that nobody searched for in the last year."""
    month = timezone.localdate().replace(day=1)
    MissedSearch.objects.filter(month__lt=month.replace(year=month.year - 1)).delete()


def _increment(words):
    """Add one to the count of `words`, and store the words once the count reaches MIN_REPORTED_COUNT."""
    digest = salted_hmac("search.missed", words, algorithm="sha256").hexdigest()
    month = timezone.localdate().replace(day=1)
    is_reported = Q(count__gte=MissedSearch.MIN_REPORTED_COUNT - 1)
    changes = {
        "count": F("count") + 1,
        "month": month,
        "words": Case(When(is_reported, then=Value(words)), default=Value("")),
    }
    rows = MissedSearch.objects.filter(digest=digest)
    if not rows.update(**changes):
        delete_old_missed_searches()
        # Another process may insert the same row at the same time.
        MissedSearch.objects.bulk_create([MissedSearch(digest=digest, month=month)], ignore_conflicts=True)
        rows.update(**changes)


@contextmanager
def short_lock_timeout():
    """Wait for SQLite's write lock no longer than LOCK_TIMEOUT within the context.

    An editor's long transaction would otherwise hold up visitors.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
