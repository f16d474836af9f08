"""The list of all stories says what to look at after an import, and a bulk action ticks it off."""

import csv
import io

import pytest
from django.contrib.auth import get_user_model
from wagtail.models import PageLogEntry
from wagtail.users.models import UserProfile

from stories.models import StoryPage
from tests.support import admin_world, builders, queries
from wordpress_import.models import ImportedItem
from wordpress_import.triage import LOOKED_AT, open_items

pytestmark = pytest.mark.django_db

LIST = "/admin/stories/"


def mark_imported(page, *needs_eyes, missing=0):
    """Store that `page` was imported, with these reasons and this number of missing files."""
    fields = {"needs_eyes": needs_eyes, "missing_pictures": missing, "digest": "x", "revision": 1}
    ImportedItem.objects.create(source="old.example", key=f"post {page.pk}", page=page, **fields)
    return page


def make_draft(title, *needs_eyes, missing=0, parent=None):
    """Return the draft of a story that was imported. The other arguments are those of mark_imported()."""
    return mark_imported(builders.make_story(title, parent, live=False), *needs_eyes, missing=missing)


def address(*pages):
    """Return the address at which Wagtail asks to confirm the bulk action for `pages`."""
    query = "&".join(f"id={page.pk}" for page in pages)
    return f"/admin/bulk/wagtailcore/page/looked_at/?{query}&next=/admin/stories/"


def test_the_list_says_what_to_look_at_and_filters_by_it(admin_client):
    builders.make_story("Written here")
    text = admin_client.get(LIST).text
    assert not [each for each in ("Needs eyes", "Looked at") if each in text]  # nothing moved in
    make_draft("Fine")
    make_draft("To look at", "there is no summary", "it was private in WordPress")
    make_draft("Without its picture", ["missing files: %s", 2], missing=2)
    text = admin_client.get(f"{LIST}?export=csv").getvalue().decode()
    assert {row["Title"]: row["Needs eyes"] for row in csv.DictReader(io.StringIO(text))} == {
        "Written here": "",
        "Fine": "",
        "To look at": "there is no summary; it was private in WordPress",
        "Without its picture": "missing files: 2",
    }
    text = admin_client.get(LIST).text
    assert "there is no summary; it was private in WordPress" in text
    assert "Looked at" in text
    both = {"To look at", "Without its picture"}
    for values, expected in (
        (["needs_eyes"], both),
        (["missing_picture"], {"Without its picture"}),
        (["missing_picture", "needs_eyes"], both),
        (["x"], both | {"Written here", "Fine"}),  # no such value: no filter
    ):
        pages = admin_client.get(LIST, {"moved_in": values}).context["pages"]
        assert {page.title for page in pages} == expected, values
    UserProfile.objects.create(user=get_user_model().objects.get(), preferred_language="es")
    text = admin_client.get(LIST).text
    assert "no hay resumen; era privada en WordPress" in text and "archivos que faltan: 2" in text


@pytest.mark.sqlite_only
def test_an_editor_of_the_section_ticks_pages_off(client, media_root):
    section = admin_world.make_section("Own", "Plain")
    editor, own = admin_world.make_role("editor", section), section.index
    story = make_draft("Story", "there is no summary", ["missing files: %s", 2], missing=2, parent=own)
    plain = mark_imported(builders.make_plain_page("Plain page"), "is it a story?")
    elsewhere = make_draft("Elsewhere", "it has no title", parent=builders.make_index(title="Other"))
    done = make_draft("Done already", parent=own)
    client.force_login(editor)
    page = client.get(address(story, done))
    assert [each["item"].title for each in page.context["items"]] == ["Story"]
    assert "there is no summary; missing files: 2" in page.text
    client.post(address(elsewhere))
    client.post(address(story, done))
    assert set(open_items().values_list("page", flat=True)) == {plain.pk, elsewhere.pk}
    assert not StoryPage.objects.get(pk=story.pk).live
    entry = PageLogEntry.objects.get(action=LOOKED_AT)
    assert (entry.page_id, entry.user_id) == (story.pk, editor.pk)
    assert "Ticked off what the import" in client.get(f"/admin/pages/{story.pk}/history/").text
    client.force_login(builders.make_user("Moderators"))
    assert "2 pages are ticked off." in client.post(address(plain, elsewhere), follow=True).text
    assert not open_items().exists()


@pytest.mark.sqlite_only
def test_number_of_queries_does_not_grow_with_what_was_imported(admin_client, committed):
    def make_more(number):
        for _story in range(number):
            make_draft("Draft", "it has no title", missing=1).save_revision()

    make_more(2)
    admin_client.get(LIST)
    few = queries.count_queries(admin_client, LIST)[0]
    make_more(5)
    admin_client.get(LIST)  # fills the caches, which a change empties
    assert queries.count_queries(admin_client, LIST)[0] == few
