"""Writing a story in the admin as Editors and Moderators: drafts, publishing and autosave.

The forms are those of the page editor; tests/stories/test_story_page.py tests the model's own rules.
"""

import datetime

import pytest
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Revision
from wagtail.test.utils.form_data import inline_formset

from stories.models import StoryPage
from tests.support.builders import (
    check_story_form,
    make_image,
    make_index,
    make_story,
    make_user,
    parse,
    story_form,
)
from tests.support.choosing import edit_address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

# By this header Wagtail recognises that the page editor saves by itself.
AUTOSAVE = {"headers": {"accept": "application/json"}}


@pytest.fixture
def index():
    return make_index()


def add_address(index):
    return f"/admin/pages/add/stories/storypage/{index.pk}/"


def errors_of(response):
    """Return the names of the fields with errors in the form of `response`."""
    return sorted(response.context["form"].errors)


def latest(story):
    return StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()


# --- Drafts --------------------------------------------------------------------------------------


# Fields of drafts in which something is missing.
NO_TEXT = {"summary": "", "date": "", "body": ()}
EMPTY_BLOCKS = {
    "heading": {"text": "", "level": "2"},
    "quote": {"text": "", "attribution": "", "language": ""},
    "action": {"heading": "", "text": "", "label": "", "page": "", "url": ""},
    "chosen_stories": {"heading": "", "stories": {"count": "0"}},
    "pictures": {"pictures": {"count": "0"}},
}


def test_incomplete_draft_is_saved_and_can_be_opened_and_previewed(editor, index):
    assert check_story_form(**NO_TEXT).errors == {}
    # Without alternative text of the picture.
    fields = NO_TEXT | {"body": EMPTY_BLOCKS.items(), "lead_image": str(make_image().pk)}
    editor.post(add_address(index), story_form(**fields))

    story = StoryPage.objects.get()
    assert not story.live
    assert story.lead_image
    assert editor.get(edit_address(story)).status_code == 200
    saved = editor.post(edit_address(story), story_form(**fields | {"title": "Changed"}))
    assert saved.status_code == 302
    assert latest(story).title == "Changed"
    assert len(latest(story).body) == len(fields["body"])
    preview = f"/admin/pages/{story.pk}/edit/preview/"
    assert editor.post(preview, story_form(**fields)).json() == {"is_valid": True, "is_available": True}
    assert "A new story" in editor.get(preview).content.decode()


def test_draft_of_an_expired_story_is_saved_and_not_published(moderator, index):
    expired = {"expire_at": "2020-01-01 12:00"}

    moderator.post(add_address(index), story_form(**expired))

    story = StoryPage.objects.get()
    assert story.expire_at.year == 2020
    assert errors_of(moderator.post(edit_address(story), story_form("publish", **expired))) == ["expire_at"]


# {case: (fields of a story, its slug; None if it is an error)}. There are stories with the slugs
# "a-new-story" and "taken". In a slug, the one character U+FDFA becomes 18.
SLUGS = {
    "in use": ({}, "a-new-story-2"),
    "empty": ({"slug": ""}, "a-new-story-2"),
    "reserved": ({"title": "Country", "slug": "country"}, "country-2"),
    "no letters": ({"title": "?", "slug": ""}, "storypage"),
    "longer than the title": ({"title": "\ufdfa" * 255, "slug": ""}, ("صلى-الله-عليه-وسلم" * 255)[:250]),
    "typed": ({"slug": "taken"}, None),
}


@pytest.mark.parametrize("action", [None, "publish"])
def test_slug_made_from_the_title_is_numbered(action, subtests):
    for taken in ("a-new-story", "taken"):
        make_story(slug=taken)
    for case, (fields, slug) in SLUGS.items():
        with subtests.test(case):
            form = check_story_form(action, **fields)
            assert list(form.errors) == ([] if slug else ["slug"])
            assert slug is None or form.instance.slug == slug


def test_open_form_gets_the_numbered_slug(editor, index):
    make_story(slug="a-new-story")

    created = editor.post(add_address(index), story_form(), **AUTOSAVE).json()

    assert created["field_updates"]["slug"] == "a-new-story-2"
    saved = editor.post(created["url"], story_form(overwrite_revision_id=created["revision_id"]), **AUTOSAVE)
    assert saved.json()["field_updates"]["slug"] == "a-new-story-2"
    saved = editor.post(created["url"], story_form(slug="a-new-story-2"), **AUTOSAVE)
    assert "slug" not in saved.json()["field_updates"]


def test_slug_of_a_live_story_is_typed():
    make_story(slug="a-new-story")
    story = make_story(slug="mine")

    for slug in ("a-new-story", ""):
        assert list(check_story_form("publish", story, slug=slug).errors) == ["slug"]


# --- Publishing ----------------------------------------------------------------------------------


def test_editor_may_not_publish(editor, index):
    editor.post(add_address(index), story_form("publish"))

    assert not StoryPage.objects.get().live


def test_moderator_publishes(moderator, index, client):
    moderator.post(add_address(index), story_form("publish", content_notes=["debt", "violence"]))

    moderator.logout()
    page = parse(client.get("/stories/a-new-story/"))
    assert page.h1.text == "A new story"
    assert page.select_one(".block--text").text.strip() == "Words of the story."
    assert "debt bondage, violence" in page.select_one(".content-note").text


def test_publishing_shows_an_error_at_each_missing_or_invalid_field(moderator, index, subtests):
    for fields, wrong in (
        ({"date": ""}, ["date"]),
        ({"summary": ""}, ["summary"]),
        ({"summary": "x" * 601}, ["summary"]),  # the longest has 600 characters
        ({"body": ()}, ["body"]),
        *(({"body": [block]}, ["body"]) for block in EMPTY_BLOCKS.items()),
        ({"slug": "country"}, ["slug"]),  # the list of stories has a page at country/
        ({"content_notes": ["nonsense"]}, ["content_notes"]),
    ):
        with subtests.test(fields):
            assert list(check_story_form("publish", **fields).errors) == wrong

    response = moderator.post(add_address(index), story_form("publish", **NO_TEXT))
    assert response.status_code == 200
    assert errors_of(response) == ["body", "date", "summary"]
    assert not StoryPage.objects.exists()


def test_country_chosen_twice_is_an_error_of_the_field(moderator, index):
    twice = {"story_countries": inline_formset([{"country": "KE"}, {"country": "KE"}])}

    assert check_story_form("publish", **twice).formsets["story_countries"].non_form_errors()
    response = moderator.post(add_address(index), story_form(**twice))
    assert "Please correct the duplicate" in response.content.decode()
    assert not StoryPage.objects.exists()


def test_publishing_asks_what_pictures_show(moderator, index):
    image = str(make_image().pk)

    def form(alt, **words):
        pictures = {"pictures": streamfield_list([{"image": {"image": image, **words}, "caption": ""}])}
        return story_form("publish", body=[("pictures", pictures)], lead_image=image, lead_image_alt=alt)

    response = moderator.post(add_address(index), form("", alt_text=""))
    assert errors_of(response) == ["body", "lead_image_alt"]
    assert response.context["form"].errors["lead_image_alt"] == [
        "Say what the picture shows, or tick that it is decoration only."
    ]
    assert "Say what the picture shows, or tick" in response.content.decode()
    moderator.post(add_address(index), form("A road.", alt_text="", decorative="on"))
    assert StoryPage.objects.get().live


def streamfield_list(values):
    """Return what the page editor sends for a ListBlock with `values`."""
    items = {
        str(n): {"value": value, "deleted": "", "order": str(n), "id": ""} for n, value in enumerate(values)
    }
    return items | {"count": str(len(items))}


# --- Autosave ------------------------------------------------------------------------------------


def test_saves_of_an_open_form_go_into_one_revision(editor, index, time_machine):
    """Autosaves, and the save by hand, overwrite the revision that the form names."""
    start = timezone.now()
    time_machine.move_to(start)
    created = editor.post(add_address(index), story_form(title="Word 0"), **AUTOSAVE).json()
    address = created["url"]
    last = created
    for number in range(1, 4):
        time_machine.move_to(start + datetime.timedelta(minutes=number))
        form = story_form(title=f"Word {number}", summary=f"Sentence {number}.")
        form |= {
            "loaded_revision_id": created["revision_id"],
            "loaded_revision_created_at": created["revision_created_at"],
            "overwrite_revision_id": last["revision_id"],
        }
        last = editor.post(address, form, **AUTOSAVE).json()
        assert last["success"], last
    editor.post(address, story_form(title="Saved by hand", overwrite_revision_id=last["revision_id"]))

    story = StoryPage.objects.get()
    assert latest(story).title == "Saved by hand"
    assert Revision.objects.for_instance(story).count() == 1
    # A line for the new page, and one for all saves.
    assert len(parse(editor.get(f"/admin/pages/{story.pk}/history/results/")).select("tbody tr")) == 2
    assert not story.live
    assert not Redirect.objects.exists()


def test_autosave_does_not_overwrite_the_revision_of_somebody_else(editor, index):
    created = editor.post(add_address(index), story_form(), **AUTOSAVE).json()
    story = StoryPage.objects.get()
    editor.force_login(make_user("Moderators"))
    editor.post(edit_address(story), story_form(title="By somebody else"))
    editor.force_login(story.owner)

    form = story_form(title="Mine", overwrite_revision_id=created["revision_id"])
    refused = editor.post(edit_address(story), form, **AUTOSAVE)

    assert refused.json()["error_code"] == "invalid_revision"
    assert latest(story).title == "By somebody else"


def test_autosave_keeps_a_version_that_went_live_meanwhile(moderator, index):
    """As when somebody publishes the story from a list while its author is writing."""
    last = moderator.post(add_address(index), story_form(title="Live", slug="live"), **AUTOSAVE).json()
    story = StoryPage.objects.get()
    moderator.post(f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}", {"include_descendants": ""})
    for title in ("Typing", "Typed"):
        form = story_form(title=title, slug="live", overwrite_revision_id=last["revision_id"])
        last = moderator.post(edit_address(story), form, **AUTOSAVE).json()
        assert last["success"], last

    story.refresh_from_db()
    assert (story.live_revision.as_object().title, latest(story).title) == ("Live", "Typed")
    assert Revision.objects.for_instance(story).count() == 2


def test_autosave_of_a_live_story_changes_nothing_for_readers(moderator, client):
    story = make_story("Live title", slug="live")

    moderator.post(edit_address(story), story_form(title="Typing", slug="live"), **AUTOSAVE)

    assert latest(story).title == "Typing"
    moderator.logout()
    assert "Live title" in client.get("/stories/live/").content.decode()
