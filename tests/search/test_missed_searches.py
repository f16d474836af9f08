"""Searches without results: what is counted, and what is never stored.

tests/search/test_missed_searches_report.py tests their report in the admin.
"""

import datetime
import sqlite3
import threading
import time
from contextlib import closing

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from search.missed import LOCK_TIMEOUT, count_missed_search, get_countable_words
from search.models import MissedSearch
from tests.support.fuzzing import thoroughly
from tests.support.missed_searches import miss
from tests.support.queries import others, read_only_database
from tests.support.stored_text import all_stored_text

pytestmark = pytest.mark.django_db

IS_SQLITE = connection.vendor == "sqlite"


def test_words_are_stored_on_the_fifth_day_and_a_day_is_counted_once():
    miss("Débt   BONDAGE!", days=4)
    for _search in range(8):
        miss("debt bondage", days=1)
    missed = MissedSearch.objects.values_list("words", "count")
    assert missed.get() == ("", 4)
    miss("debt bondage", days=1, on=datetime.date(2026, 4, 20))
    assert missed.get() == ("debt bondage", 5)


def test_only_the_month_of_a_search_is_stored():
    miss("debt bondage", days=5)
    assert MissedSearch.objects.get().month == datetime.date(2026, 3, 1)
    miss("debt bondage", days=1, on=datetime.date(2026, 6, 17))
    row = MissedSearch.objects.values().get()
    assert (row["count"], row["month"], len(row["day_digest"])) == (6, datetime.date(2026, 6, 1), 64)
    assert row.keys() == {"id", "digest", "words", "count", "day_digest", "month"}


def test_different_words_and_word_orders_are_counted_separately():
    for words, days in (("bonded labour", 2), ("labour bonded", 1), ("bonded labor", 1)):
        miss(words, days)
    assert sorted(MissedSearch.objects.values_list("count", flat=True)) == [1, 1, 2]


def test_words_are_stored_as_a_hash_that_needs_the_key(settings):
    for key in ("one key", "another key"):
        settings.SECRET_KEY = key
        count_missed_search("debt bondage")
    digests = set(MissedSearch.objects.values_list("digest", flat=True))
    assert (len(digests), len({*map(len, digests)})) == (2, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Côte   d’Ivoire ", "cote ivoire"),
        ('"forced marriage" -kenya', "forced marriage kenya"),
        ("ILO Convention, 1930", "ilo convention 1930"),
        ("العمل القسري", "العمل القسري"),
    ],
)
def test_words_are_counted_folded(text, words):
    assert get_countable_words(text) == words


# Addresses, numbers, and a message rather than words to search for.
PERSONAL = [
    *("", " \t ", '"-!?', "jane.doe@example.org", "write to jane@home", "@jane_doe", "jane＠home"),
    *("jane (at) example.org", "http://jane/", "www.example.org", "facebook.com/jane"),
    *("call 0771234567", "+44 20 7946 0000", "077-12-34-5", "(077) 12 34 5", "12_34_5", "٠٧٧١٢٣"),
    *("passport AB123456", "afraid " * 15),
]


def test_text_that_may_identify_a_person_is_not_counted():
    for text in PERSONAL:
        assert not get_countable_words(text), text
        miss(text, days=6)
        assert not MissedSearch.objects.exists(), text


# Each is searched for eight times, on four days. On the fifth day, words are stored.
FEW_SEARCHES = ["zaqoriv", "Zaqóriv plumbeth", '"quixolan"', "jane@quixolan.org", "plumbeth 123 456"] * 2


@thoroughly(25)
@given(st.permutations(FEW_SEARCHES))
def test_words_searched_on_fewer_than_five_days_are_nowhere_in_the_database(searches):
    MissedSearch.objects.all().delete()
    for day in range(1, 5):
        with time_machine.travel(datetime.date(2026, 3, day), tick=False):
            for text in searches:
                count_missed_search(text)

    stored = all_stored_text()
    assert not any(word in stored for word in ["zaqoriv", "zaqóriv", "plumbeth", "quixolan"])


def test_counts_are_deleted_after_a_year_without_a_search():
    for text, days, *day in (
        ("forgotten long ago", 5, 2025, 1, 1),
        ("searched again", 5, 2025, 1, 1),
        ("forgotten and unknown", 1, 2025, 2, 28),
        ("searched again", 1, 2025, 3, 5),
        ("something new", 1, 2026, 3, 1),
    ):
        miss(text, days, on=datetime.date(*day))
    # The words of “something new”, searched once, are not stored.
    assert sorted(MissedSearch.objects.values_list("words", "count")) == [("", 1), ("searched again", 6)]


def test_words_of_few_days_are_dropped_after_four_weeks():
    last = datetime.date(2026, 3, 31)
    for days in (4, 5):
        miss(f"on {days} days", days, on=last)
    for after, counts in ((28, [1, 4, 5]), (29, [1, 1, 5])):
        miss(f"after {after} days", 1, on=last + datetime.timedelta(after))
        assert sorted(MissedSearch.objects.values_list("count", flat=True)) == counts


def test_new_words_replace_those_of_the_fewest_days(monkeypatch):
    monkeypatch.setattr("search.missed.MAX_ROWS", 4)
    for text, days in [("debt bondage", 5), ("kafala", 2), *((f"flood {n}", 1) for n in range(20))]:
        miss(text, days)
    assert sorted(MissedSearch.objects.values_list("count", flat=True)) == [1, 1, 2, 5]


def test_counting_takes_one_query_and_five_for_new_words(django_assert_num_queries):
    # Two more queries set and release the savepoint, and on SQLite two set the lock timeout.
    overhead = 4 if IS_SQLITE else 2
    for day, queries in ((1, 5), (1, 1), (2, 1)):
        date = datetime.date(2026, 3, day)
        with time_machine.travel(date, tick=False), django_assert_num_queries(overhead + queries):
            count_missed_search("debt bondage")


# --- A database that cannot be written -----------------------------------------------------------


def test_read_only_database_is_no_error():
    with read_only_database():
        count_missed_search("debt bondage")
        assert not MissedSearch.objects.exists()


@pytest.mark.skipif(not IS_SQLITE, reason="only SQLite has one write lock for the whole database")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_visitor_does_not_wait_long_for_a_locked_database():
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        count_missed_search("debt bondage")
        waited = time.monotonic() - start
    assert not MissedSearch.objects.exists()
    assert LOCK_TIMEOUT / 1000 <= waited < 5, "in seconds: far less than the usual 20"
    with connection.cursor() as cursor:
        # The milliseconds of the settings of the site.
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
    count_missed_search("debt bondage")
    assert MissedSearch.objects.get().count == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_visitors_at_once_are_counted_as_one_day(monkeypatch):
    # On SQLite they wait for each other, and longer on a busy machine than visitors may.
    monkeypatch.setattr("search.missed.LOCK_TIMEOUT", 20_000)
    miss("debt bondage", days=4, on=timezone.localdate() - datetime.timedelta(1))
    barrier = threading.Barrier(4, timeout=20)

    def search():
        barrier.wait()
        count_missed_search("never before")
        count_missed_search("debt bondage")

    with others() as start:
        for _ in range(4):
            start(search)

    assert sorted(MissedSearch.objects.values_list("words", "count")) == [("", 1), ("debt bondage", 5)]
