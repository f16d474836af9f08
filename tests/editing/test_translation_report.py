"""The report of translations lists those that are missing or older than their source, and nothing hidden."""

import csv
import datetime

import pytest
from django.urls import reverse
from wagtail.models import Locale, Page

from publishing.trash import move_to_trash
from stories.models import StoryPage
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import text_of
from tests.support.queries import count_queries
from tests.support.translations import make_index_in, make_translation

pytestmark = pytest.mark.django_db

FIELDS = {"summary": "Words.", "date": datetime.date(2025, 1, 1)}


def report(client, **query):
    """Return {title: (language, missing, older)} of the rows, as in the export."""
    query["export"] = "csv"
    lines = text_of(client.get(reverse("translation_report"), query)).splitlines()
    assert next(csv.reader(lines)) == ["Title", "Language", "Missing", "Older than its source"]
    return {row[0]: tuple(row[1:]) for row in list(csv.reader(lines))[1:]}


def changed(page, moment):
    """Set when `page` was published, or when its draft was saved, to `moment`."""
    field = "last_published_at" if page.live else "latest_revision_created_at"
    Page.objects.filter(pk=page.pk).update(**{field: moment})


@pytest.fixture
def scene():
    """English stories with and without French and Spanish versions, and a French story without English."""
    scene = {"fr": make_index_in("fr"), "es": make_index_in("es")}
    stories = {
        name: builders.make_story(name) for name in ("None", "French", "All", "Old", "Old draft", "New draft")
    }
    # (source, whether the translation is live, by how many days it is newer than its source)
    for name, live, days in (
        ("French", True, 1),
        ("All", True, 1),
        ("Old", True, -1),
        ("Old draft", False, -1),
        ("New draft", False, 1),
    ):
        for code in ("fr", "es"):
            if name != "French" or code == "fr":
                title = f"{name} {code}"
                page = make_translation(stories[name], scene[code], title=title, live=live, **FIELDS)
                published = stories[name].last_published_at
                changed(page, published + datetime.timedelta(days=days))
    builders.make_story("Seulement", parent=scene["fr"])
    return scene | stories


# {title: (language, languages in which it is missing, languages in which it is older)}.
EXPECTED = {
    "None": ("English", "French, Spanish", ""),
    "French": ("English", "Spanish", ""),
    "Old": ("English", "", "French, Spanish"),
    "Old draft": ("English", "", "French, Spanish"),
    "Seulement": ("French", "English, Spanish", ""),
}


def test_report_lists_what_is_missing_and_what_is_older_and_can_be_filtered(admin_client, scene, subtests):
    assert report(admin_client) == EXPECTED
    for query, titles in (
        ({"state": "missing"}, {"None", "French", "Seulement"}),
        ({"state": "older"}, {"Old", "Old draft"}),
        ({"language": "fr"}, {"None", "Old", "Old draft"}),
        ({"language": "es", "state": "missing"}, {"None", "French", "Seulement"}),
        ({"language": "en"}, {"Seulement"}),
        ({"language": "en", "state": "older"}, set()),
        ({"language": "xx", "state": "?"}, set(EXPECTED)),
    ):
        with subtests.test(query):
            assert set(report(admin_client, **query)) == titles


@pytest.mark.sqlite_only
def test_links_lead_to_translating_and_editing_and_the_trash_is_left_out(admin_client, scene):
    page = builders.parse(admin_client.get(reverse("translation_report")))
    links = {link.get_text(strip=True): link["href"] for link in page.select("tbody a")}
    old = StoryPage.objects.get(title="Old es")
    assert links["None"] == reverse("wagtailadmin_pages:edit", args=[scene["None"].pk])
    rows = {row.select_one("td a").get_text(strip=True): row for row in page.select("tbody tr")}
    addresses = [link["href"] for link in rows["Old"].select("a")]
    assert reverse("wagtailadmin_pages:edit", args=[old.pk]) in addresses
    translate = reverse("simple_translation:submit_page_translation", args=[scene["French"].pk])
    assert [link["href"] for link in rows["French"].select("a")[1:]] == [translate]
    assert admin_client.get(translate).status_code == 200
    assert reverse("translation_report") in page.select_one("#wagtail-sidebar-props").text  # the menu

    move_to_trash(scene["None"])
    move_to_trash(old)
    left = EXPECTED | {"Old": ("English", "", "French")}
    left.pop("None")
    assert report(admin_client) == left


def test_report_tells_nothing_of_other_sections(writer, admin_client, own, elsewhere):
    french = make_index_in("fr")
    Locale.objects.create(language_code="es")
    # `writer` may edit the section "Own". They see that there is a French version, and not that it is older.
    story = builders.make_story("Mine", own.index)
    page = make_translation(story, french, title=f"{SECRET} fr", live=False, **FIELDS)
    changed(page, story.last_published_at - datetime.timedelta(days=1))
    hidden = builders.make_story(f"{SECRET} story", elsewhere.index, live=False)
    mine = own.live

    assert report(admin_client)["Mine"] == ("English", "Spanish", "French")
    assert hidden.title in report(admin_client)
    rows = report(writer)
    assert rows["Mine"] == ("English", "Spanish", "")
    assert rows[mine.draft_title] == ("English", "French, Spanish", "")
    assert "Mine" not in report(writer, state="older")
    # A public story of another section has no links of the admin.
    public = builders.make_story("Public", elsewhere.index)
    response = writer.get(reverse("translation_report"))
    assert response.status_code == 200
    assert SECRET not in text_of(response)
    row = next(row for row in builders.parse(response).select("tbody tr") if "Public" in row.get_text())
    assert [link["href"] for link in row.select("a")] == [public.url]


@pytest.mark.sqlite_only
def test_one_language(admin_client):
    builders.make_story("Alone")
    assert report(admin_client) == {}
    assert "Every story is in every language" in text_of(admin_client.get(reverse("translation_report")))


@pytest.mark.sqlite_only
def test_queries_do_not_grow(admin_client, committed):
    def count():
        admin_client.get(reverse("translation_report"))  # fills the caches, which a change empties
        return count_queries(admin_client, reverse("translation_report"))[0]

    Locale.objects.create(language_code="fr")
    builders.make_story("One")
    few = count()
    for number in range(2):
        builders.make_story(f"Story {number}")
    # The number is given so that a query that is added for each request is noticed too.
    assert count() == few == 21
