"""Searches without results: what is counted, what is never stored, and the report in the admin."""

import datetime
import sqlite3
import threading
import time

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry

from search.missed import LOCK_TIMEOUT, count_missed_search, get_countable_words
from search.models import MissedSearch
from tests.support.builders import make_user, parse
from tests.support.stored_text import all_stored_text

pytestmark = pytest.mark.django_db

REPORT = "/admin/reports/searches-without-result/"
FIRST_DAY = datetime.date(2026, 3, 4)
IS_SQLITE = connection.vendor == "sqlite"


def miss(text, times, on=FIRST_DAY):
    """Count `text` as a search without results, as many `times`, on the date `on`."""
    with time_machine.travel(on, tick=False):
        for _ in range(times):
            count_missed_search(text)


def make_reported(words, count=5, month=datetime.date(2026, 3, 1)):
    digest = f"digest of {words}"
    return MissedSearch.objects.create(digest=digest, words=words, count=count, month=month)


# --- Counting ------------------------------------------------------------------------------------


def test_words_are_stored_the_fifth_time():
    miss("Débt   BONDAGE!", times=4)
    missed = MissedSearch.objects.get()
    assert (missed.words, missed.count) == ("", 4)

    miss("debt bondage", times=1, on=datetime.date(2026, 4, 20))

    missed = MissedSearch.objects.get()
    assert (missed.words, missed.count) == ("debt bondage", 5)


def test_only_the_month_of_a_search_is_stored():
    miss("debt bondage", times=5)
    assert MissedSearch.objects.get().month == datetime.date(2026, 3, 1)
    miss("debt bondage", times=1, on=datetime.date(2026, 6, 17))
    missed = MissedSearch.objects.get()
    assert (missed.count, missed.month) == (6, datetime.date(2026, 6, 1))
    assert {field.name for field in MissedSearch._meta.fields} == {"id", "digest", "words", "count", "month"}


def test_different_words_and_word_orders_are_counted_separately():
    miss("bonded labour", times=2)
    miss("labour bonded", times=1)
    miss("bonded labor", times=1)

    assert sorted(MissedSearch.objects.values_list("count", flat=True)) == [1, 1, 2]


def test_words_are_stored_as_a_hash_that_needs_the_key(settings):
    count_missed_search("debt bondage")
    settings.SECRET_KEY = "another key"
    count_missed_search("debt bondage")

    digests = MissedSearch.objects.values_list("digest", flat=True)
    assert len({len(digest) for digest in digests}) == 1
    assert len(set(digests)) == 2


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t ",
        '"-!?',
        "jane.doe@example.org",
        "write to jane@home",
        "@jane_doe",
        "jane＠home",
        "http://jane/",
        "www.example.org",
        "facebook.com/jane",
        "jane (at) example.org",
        "call 0771234567",
        "+44 20 7946 0000",
        "077-12-34-5",
        "(077) 12 34 5",
        "12_34_5",
        "٠٧٧١٢٣",
        "passport AB123456",
        "afraid " * 15,
    ],
)
def test_text_that_may_identify_a_person_is_not_counted(text):
    assert not get_countable_words(text)
    miss(text, times=6)

    assert not MissedSearch.objects.exists()


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.permutations(
        ["zaqoriv", "Zaqóriv plumbeth", '"quixolan"', "jane@quixolan.org", "plumbeth 123 456"] * 4
    )
)
def test_words_searched_fewer_than_five_times_are_nowhere_in_the_database(searches):
    MissedSearch.objects.all().delete()
    for text in searches:
        count_missed_search(text)

    stored = all_stored_text()
    assert not any(word in stored for word in ["zaqoriv", "zaqóriv", "plumbeth", "quixolan"])


def test_counts_are_deleted_after_a_year_without_a_search():
    miss("forgotten long ago", times=5, on=datetime.date(2025, 1, 1))
    miss("searched again", times=5, on=datetime.date(2025, 1, 1))
    miss("forgotten and unknown", times=1, on=datetime.date(2025, 2, 28))
    miss("searched again", times=1, on=datetime.date(2025, 3, 5))
    miss("something new", times=1, on=datetime.date(2026, 3, 1))

    assert sorted(MissedSearch.objects.values_list("words", "count")) == [("", 1), ("searched again", 6)]


def test_counting_takes_one_query_and_four_for_new_words(django_assert_num_queries):
    # Two more for the savepoint, and on SQLite two for the lock timeout.
    overhead = 4 if IS_SQLITE else 2
    with django_assert_num_queries(overhead + 4):
        count_missed_search("debt bondage")
    with django_assert_num_queries(overhead + 1):
        count_missed_search("debt bondage")


# --- A database that cannot be written -----------------------------------------------------------


def test_read_only_database_is_no_error():
    MissedSearch.objects.all().exists()  # opens the connection
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if IS_SQLITE else "SET transaction_read_only = on")
    try:
        count_missed_search("debt bondage")
        assert not MissedSearch.objects.exists()
    finally:
        if IS_SQLITE:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA query_only = OFF")


@pytest.mark.skipif(not IS_SQLITE, reason="only SQLite has one write lock for the whole database")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_visitor_does_not_wait_long_for_a_locked_database():
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        count_missed_search("debt bondage")
        waited = time.monotonic() - start
    finally:
        other.close()

    assert not MissedSearch.objects.exists()
    assert LOCK_TIMEOUT / 1000 <= waited < 5
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
    count_missed_search("debt bondage")
    assert MissedSearch.objects.get().count == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_visitors_at_once_are_all_counted():
    reported = make_reported("debt bondage")
    MissedSearch.objects.update(digest=digest_of("debt bondage"))
    barrier = threading.Barrier(4, timeout=20)

    def search():
        try:
            barrier.wait()
            count_missed_search("never before")
            count_missed_search("debt bondage")
        finally:
            connection.close()

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    reported.refresh_from_db()
    assert reported.count == 9
    assert MissedSearch.objects.get(words="").count == 4


def digest_of(words):
    """Return the digest that is stored for `words`; the row is deleted again."""
    count_missed_search(words)
    row = MissedSearch.objects.get(words="")
    row.delete()
    return row.digest


# --- The report ----------------------------------------------------------------------------------


def rows_of(response):
    """Return the rows of the report's table, each as a list of the texts of its cells without buttons."""
    rows = []
    for row in parse(response).select("table.listing tbody tr"):
        for actions in row.select(".actions"):
            actions.decompose()
        rows.append([cell.get_text(" ", strip=True) for cell in row.select("td")])
    return rows


def test_report_lists_stored_words_with_the_most_frequent_first(editor):
    make_reported("debt bondage", count=7, month=datetime.date(2026, 2, 1))
    make_reported("kafala", count=12)
    make_reported("brick kilns", count=7)
    miss("not yet stored", times=4)

    response = editor.get(REPORT)

    assert rows_of(response) == [
        ["kafala", "12", "March 2026"],
        ["brick kilns", "7", "March 2026"],
        ["debt bondage", "7", "February 2026"],
    ]
    assert "Searches without result" in parse(response).title.text


def test_empty_report_has_an_explanation(editor):
    assert "on 5 days or more" in parse(editor.get(REPORT)).select_one("#listing-results").text


def test_report_is_in_the_menu_of_users_with_permission(client):
    def is_in_menu():
        return REPORT in client.get("/admin/").content.decode()

    client.force_login(make_user("Editors"))
    assert is_in_menu()
    client.force_login(make_user("Moderators"))
    assert is_in_menu()
    client.force_login(make_outsider())
    assert not is_in_menu()


def make_outsider():
    """Return a user with permission to enter the admin and no other."""
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


@pytest.mark.parametrize("export", ["", "?export=csv", "?export=xlsx"])
def test_report_is_refused_to_users_without_permission(client, export):
    missed = make_reported("debt bondage")
    client.force_login(make_outsider())

    for address in (f"{REPORT}{export}", f"{REPORT}results/{export}", f"{REPORT}{missed.pk}/delete/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"] == "/admin/"
    assert client.post(f"{REPORT}{missed.pk}/delete/").status_code == 302
    assert MissedSearch.objects.exists()


def test_report_is_refused_to_visitors(client):
    assert client.get(REPORT)["Location"].startswith("/admin/login/")


def test_report_can_be_exported(editor):
    make_reported("debt bondage", count=7)
    miss("not yet stored", times=4)

    response = editor.get(REPORT, {"export": "csv"})

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines == ["Words,Times,Last in", "debt bondage,7,2026-03-01"]


def test_report_links_to_a_new_vocabulary_group_with_the_words(editor):
    make_reported("debt bondage")

    link = parse(editor.get(REPORT)).find("a", string=lambda text: text and "New vocabulary group" in text)

    assert link["aria-label"] == "New vocabulary group: debt bondage"
    assert parse(editor.get(link["href"])).select_one("[name=terms]").text.strip() == "debt bondage"


def test_deleted_words_are_not_kept_in_the_log(editor):
    missed = make_reported("debt bondage")
    link = parse(editor.get(REPORT)).select_one(".actions a[aria-label='Delete: debt bondage']")

    assert "debt bondage" in parse(editor.get(link["href"])).text
    response = editor.post(link["href"])

    assert response["Location"] == REPORT
    assert not MissedSearch.objects.filter(pk=missed.pk).exists()
    assert not ModelLogEntry.objects.filter(label__contains="bondage").exists()


def test_wagtails_report_of_search_terms_is_not_in_the_menu(client):
    client.force_login(make_user(is_superuser=True))

    assert "/admin/searchpicks/reports/" not in client.get("/admin/").content.decode()


def test_permissions_for_the_report_can_be_granted_to_groups(client):
    client.force_login(make_user(is_superuser=True))

    page = parse(client.get("/admin/groups/new/"))

    permissions = Permission.objects.filter(codename__in=["view_missedsearch", "delete_missedsearch"])
    values = {field["value"] for field in page.select("input[name=permissions]")}
    assert {str(permission.pk) for permission in permissions} <= values
