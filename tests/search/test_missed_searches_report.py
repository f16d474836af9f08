"""The report of searches without results: what it lists, for whom, and what its buttons do."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from wagtail.models import ModelLogEntry

from search.models import MissedSearch
from tests.support.builders import client_of, make_user, parse
from tests.support.missed_searches import make_reported, miss

pytestmark = pytest.mark.django_db

REPORT = "/admin/reports/searches-without-result/"
EXPORTS = ["?export=csv", "?export=xlsx"]
MARCH = datetime.date(2026, 3, 1)


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
    make_reported("debt bondage", count=7, month=datetime.date(2026, 2, 1))
    make_reported("kafala", count=12, month=MARCH)
    make_reported("brick kilns", count=7, month=MARCH)
    assert rows_of(editor.get(REPORT)) == [
        ["kafala", "12", "March 2026"],
        ["brick kilns", "7", "March 2026"],
        ["debt bondage", "7", "February 2026"],
    ]


def test_report_is_in_the_menu_of_users_with_permission(client):
    users = [make_user("Editors"), make_user("Moderators"), make_outsider()]
    assert [REPORT in client_of(user).get("/admin/").text for user in users] == [True, True, False]


def make_outsider():
    """Return a user with permission to enter the admin and no other."""
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


def test_report_is_refused_to_users_without_permission(client):
    delete = f"{REPORT}{make_reported('debt bondage').pk}/delete/"
    exports = [f"{REPORT}{part}{export}" for part in ("", "results/") for export in ("", *EXPORTS)]
    for each, target in ((client_of(make_outsider()), "/admin/"), (client, "/admin/login/")):
        answers = [*map(each.get, [*exports, delete]), each.post(delete)]
        targets = {answer["Location"].partition("?")[0] for answer in answers if answer.status_code == 302}
        assert (len(answers), targets) == (8, {target})
    assert MissedSearch.objects.exists()


def test_report_can_be_exported(editor):
    make_reported("debt bondage", count=7, month=MARCH)
    miss("not yet stored", days=4)
    lines = b"".join(editor.get(REPORT + EXPORTS[0]).streaming_content).decode().splitlines()
    assert lines == ["Words,Days,Last in", "debt bondage,7,2026-03-01"]


def test_report_links_to_a_new_vocabulary_group_with_the_words(editor):
    make_reported("debt bondage")
    link = parse(editor.get(REPORT)).select_one("[aria-label='New vocabulary group: debt bondage']")
    assert parse(editor.get(link["href"])).select_one("[name=terms]").text.strip() == "debt bondage"


def test_deleted_words_are_not_kept_in_the_log(editor):
    make_reported("debt bondage")
    link = parse(editor.get(REPORT)).select_one(".actions a[aria-label='Delete: debt bondage']")
    assert "debt bondage" in editor.get(link["href"]).text
    assert editor.post(link["href"])["Location"] == REPORT
    assert not MissedSearch.objects.exists()
    assert not ModelLogEntry.objects.filter(label__contains="bondage").exists()


def test_wagtails_report_of_search_terms_is_not_in_the_menu(admin_client):
    menu = admin_client.get("/admin/").text
    assert (REPORT in menu, "/admin/searchpicks/reports/" in menu) == (True, False)


def test_permissions_for_the_report_can_be_granted_to_groups(admin_client):
    page = parse(admin_client.get("/admin/groups/new/"))
    rights = Permission.objects.filter(codename__in=["view_missedsearch", "delete_missedsearch"])
    assert all(page.select(f"input[name=permissions][value='{right.pk}']") for right in rights)
