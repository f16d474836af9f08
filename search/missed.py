"""Counts what visitors searched for in vain, and keeps no words that only one of them may have typed."""

import re
from contextlib import contextmanager, suppress

from django.db import Error, connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.crypto import salted_hmac

from search.analysis import fold_words
from search.models import MissedSearch
from stories.terms import fold

# What may lead to a person: an e-mail address or a name on a social network, a web address, and five
# digits or more, however they are grouped (a telephone, a passport).
PERSONAL = re.compile(r"@|://|\w\.\w{2}|(?:\d[\W_]*){5}")
# Longer texts tell of somebody's life rather than name a subject.
LONGEST = 100
# How many milliseconds a visitor waits at most for the count while SQLite is being written to.
PATIENCE = 250


def count_missed(text):
    """Count one search for `text` that found nothing. The visitor's answer never fails because of it.

    The database may be read-only, full or locked, or its user may not write: each is another error.
    """
    words = reportable_words(text)
    if words:
        with suppress(Error), little_patience(), transaction.atomic():
            _count(words)


def reportable_words(text):
    """Return the words of `text` as they are counted, or nothing when they may lead to a person."""
    words = " ".join(fold_words(text))
    return "" if PERSONAL.search(fold(text)) or len(words) > LONGEST else words


def delete_old():
    """Delete what nobody searched for in the last year."""
    month = timezone.localdate().replace(day=1)
    MissedSearch.objects.filter(month__lt=month.replace(year=month.year - 1)).delete()


def _count(words):
    digest = salted_hmac("search.missed", words, algorithm="sha256").hexdigest()
    month = timezone.localdate().replace(day=1)
    is_known = Q(count__gte=MissedSearch.REPORTED_FROM - 1)
    counted = {
        "count": F("count") + 1,
        "month": month,
        "words": Case(When(is_known, then=Value(words)), default=Value("")),
    }
    rows = MissedSearch.objects.filter(digest=digest)
    if not rows.update(**counted):
        delete_old()
        # Another process may just have made it, too.
        MissedSearch.objects.bulk_create([MissedSearch(digest=digest, month=month)], ignore_conflicts=True)
        rows.update(**counted)


@contextmanager
def little_patience():
    """Wait no longer than PATIENCE for SQLite's lock: an editor's long task would hold up visitors."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
