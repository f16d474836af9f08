"""The report of searches without results: what it lists, for whom, and what its buttons do."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from wagtail.models import ModelLogEntry

from search.models import MissedSearch
from tests.support.builders import make_user, parse
from tests.support.missed_searches import make_reported, miss

pytestmark = pytest.mark.django_db

REPORT = "/admin/reports/searches-without-result/"
MARCH = datetime.date(2026, 3, 1)


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
    make_reported("kafala", count=12, month=MARCH)
    make_reported("brick kilns", count=7, month=MARCH)
    miss("not yet stored", days=4)  # Words are stored, and reported, on the fifth day.

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
    for user, is_in_menu in (
        (make_user("Editors"), True),
        (make_user("Moderators"), True),
        (make_outsider(), False),
    ):
        client.force_login(user)
        assert (REPORT in client.get("/admin/").text) == is_in_menu


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
    assert client.post(f"{REPORT}{missed.pk}/delete/")["Location"] == "/admin/"
    assert MissedSearch.objects.exists()


def test_report_is_refused_to_visitors(client):
    assert client.get(REPORT)["Location"].startswith("/admin/login/")


def test_report_can_be_exported(editor):
    make_reported("debt bondage", count=7, month=MARCH)
    miss("not yet stored", days=4)

    response = editor.get(REPORT, {"export": "csv"})

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines == ["Words,Days,Last in", "debt bondage,7,2026-03-01"]


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


def test_wagtails_report_of_search_terms_is_not_in_the_menu(admin_client):
    menu = admin_client.get("/admin/").text
    assert REPORT in menu
    assert "/admin/searchpicks/reports/" not in menu


def test_permissions_for_the_report_can_be_granted_to_groups(admin_client):
    page = parse(admin_client.get("/admin/groups/new/"))

    values = {field["value"] for field in page.select("input[name=permissions]")}
    for codename in ("view_missedsearch", "delete_missedsearch"):
        assert str(Permission.objects.get(codename=codename).pk) in values, codename
