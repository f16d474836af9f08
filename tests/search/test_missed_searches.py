"""Searches without results: what is counted, and what is never stored.

The last tests are about their report in the admin.
"""

import datetime
import sqlite3
import threading
import time
from contextlib import closing

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry

from search.missed import LOCK_TIMEOUT, count_missed_search, get_countable_words
from search.models import MissedSearch
from tests.support import fuzzing, queries, stored_text
from tests.support.builders import client_of, make_user, parse
from tests.support.missed_searches import make_reported, miss

pytestmark = pytest.mark.django_db


def test_words_are_stored_on_the_fifth_day_and_a_day_is_counted_once():
    miss("Débt   BONDAGE!", days=4)
    for _search in range(8):
        miss("debt bondage", days=1)
    missed = MissedSearch.objects.values_list("words", "count")
    assert missed.get() == ("", 4)
    miss("debt bondage", days=1, on=datetime.date(2026, 4, 20))
    assert missed.get() == ("debt bondage", 5)


def test_only_the_month_of_a_search_is_stored():
    for days, on in ((5, datetime.date(2026, 3, 4)), (1, datetime.date(2026, 6, 17))):
        miss("debt bondage", days, on)
        row = MissedSearch.objects.values().get()
        assert (row["month"], len(row["day_digest"])) == (on.replace(day=1), 64)
    assert row.keys() == {"id", "digest", "words", "count", "day_digest", "month"}


def test_words_are_stored_as_a_hash_that_needs_the_key(settings):
    """Different words and word orders are counted separately."""
    for key in ("one key", "another key"):
        settings.SECRET_KEY = key
        for words in ("bonded labour", "labour bonded", "bonded labor"):
            miss(words, days=2)
    rows = {(len(row.digest), row.digest, row.count) for row in MissedSearch.objects.all()}
    assert (len(rows), {(length, count) for length, _digest, count in rows}) == (6, {(64, 2)})


def test_words_are_counted_folded():
    texts = ["  Côte   d’Ivoire ", '"forced marriage" -kenya', "ILO Convention, 1930", "العمل القسري"]
    folded = ["cote ivoire", "forced marriage kenya", "ilo convention 1930", "العمل القسري"]
    assert [*map(get_countable_words, texts)] == folded


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


@fuzzing.thoroughly(25)
@given(st.permutations(FEW_SEARCHES))
def test_words_searched_on_fewer_than_five_days_are_nowhere_in_the_database(searches):
    MissedSearch.objects.all().delete()
    for day in range(1, 5):
        with time_machine.travel(datetime.date(2026, 3, day), tick=False):
            for text in searches:
                count_missed_search(text)

    stored = stored_text.all_stored_text()
    assert not any(word in stored for word in ["zaqoriv", "zaqóriv", "plumbeth", "quixolan"])


def test_counts_are_deleted_after_a_year_without_a_search():
    searches = [("forgotten long ago", 5, "2025-01-01"), ("searched again", 5, "2025-01-01")]
    searches += [("forgotten and unknown", 1, "2025-02-28"), ("searched again", 1, "2025-03-05")]
    for text, days, on in [*searches, ("something new", 1, "2026-03-01")]:
        miss(text, days, on=datetime.date.fromisoformat(on))
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


# --- A database that cannot be written -----------------------------------------------------------


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="only SQLite has one write lock for the whole database"
)
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

    with queries.others() as start:
        for _ in range(4):
            start(search)

    assert sorted(MissedSearch.objects.values_list("words", "count")) == [("", 1), ("debt bondage", 5)]


# --- The report -----------------------------------------------------------------------------------


REPORT = "/admin/reports/searches-without-result/"


def rows_of(response):
    """Return the rows of the report's table, each as a list of the texts of its cells without buttons."""
    page = parse(response)
    for actions in page.select(".actions"):
        actions.decompose()
    rows = page.select("table.listing tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in rows]


def test_report_lists_stored_words_with_the_most_frequent_first(editor):
    miss("not yet stored", days=4)  # Words are stored, and reported, on the fifth day.
    assert "on 5 days or more" in parse(editor.get(REPORT)).select_one("#listing-results").text
    for words, count, month in (("debt bondage", 7, 2), ("kafala", 12, 3), ("brick kilns", 7, 3)):
        make_reported(words, count, datetime.date(2026, month, 1))
    listed = [["kafala", "12", "March 2026"], ["brick kilns", "7", "March 2026"]]
    assert rows_of(editor.get(REPORT)) == [*listed, ["debt bondage", "7", "February 2026"]]
    lines = b"".join(editor.get(f"{REPORT}?export=csv").streaming_content).decode().splitlines()
    assert lines[:2] == ["Words,Days,Last in", "kafala,12,2026-03-01"] and len(lines) == 4


def test_words_of_the_report_become_a_group_or_are_deleted_and_not_kept_in_the_log(editor):
    make_reported("debt bondage")
    page = parse(editor.get(REPORT))
    labels = ("New vocabulary group", "Delete")
    group, delete = (page.select_one(f"[aria-label='{each}: debt bondage']")["href"] for each in labels)
    assert parse(editor.get(group)).select_one("[name=terms]").text.strip() == "debt bondage"
    assert "debt bondage" in editor.get(delete).text
    assert editor.post(delete)["Location"] == REPORT
    assert not MissedSearch.objects.exists()
    assert not ModelLogEntry.objects.filter(label__contains="bondage").exists()


def test_report_is_in_the_menu_of_users_with_permission_and_wagtails_is_not(admin_client):
    outsider = make_user()
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    users = [make_user("Editors"), make_user("Moderators"), outsider]
    menus = [client.get("/admin/").text for client in (admin_client, *map(client_of, users))]
    assert [REPORT in menu for menu in menus] == [True, True, True, False]
    assert "/admin/searchpicks/reports/" not in menus[0]
    page = parse(admin_client.get("/admin/groups/new/"))
    rights = Permission.objects.filter(codename__in=["view_missedsearch", "delete_missedsearch"])
    assert all(page.select(f"input[name=permissions][value='{right.pk}']") for right in rights)
