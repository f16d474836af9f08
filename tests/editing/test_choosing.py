"""The story form refuses IDs of objects that its user may not choose.

`writer` is a client whose user may edit the section `own` alone; hidden objects of the section `elsewhere`
have SECRET in their titles. WAYS has each field or block of a story that refers to an object.
"""

import json
import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.urls import reverse
from wagtail.admin.models import FormState
from wagtail.admin.rich_text.editors.draftail import DraftailRichTextArea
from wagtail.admin.widgets import BaseChooser
from wagtail.models import Collection, Locale, Page, ReferenceIndex, Revision, Site, Task
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from editing import chosen_objects
from stories.models import StoryPage
from stories.terms import Country
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import (
    INVALID_IDS,
    REFUSED,
    WAYS,
    add_address,
    assert_refused_choice,
    author_form,
    choosing_form,
    edit_address,
    object_of,
    rich_text,
    text_of,
)

pytestmark = pytest.mark.django_db


def autosave(client, address, form):
    """Return whether the page editor could save `form` by itself. Unlike a page, the response is quick."""
    # By this header Wagtail recognises that the editor saves by itself.
    response = client.post(address, form, headers={"accept": "application/json"})
    assert response.status_code == (200 if response.json()["success"] else 400)
    return response.json()["success"]


def hidden_objects(section):
    """Return {key of WAYS: new object in `section` with SECRET and this key in its title}."""
    make = {
        "image": lambda title: builders.make_image(title, collection=section.collection, description=title),
        "document": lambda title: builders.make_document(title, collection=section.collection),
        "page": lambda title: builders.make_story(title, section.index, live=False),
    }
    return {way: make[kind](f"{SECRET} {way}") for way, (kind, *_rest) in WAYS.items()}


def keys_of(objects):
    return {way: each.pk for way, each in objects.items()}


def refers_to(page, each):
    return ReferenceIndex.get_references_to(each).filter(object_id=page.pk).exists()


def test_story_refuses_objects_that_its_editor_may_not_choose(writer, own, elsewhere):
    draft = builders.make_story("Mine", own.index, live=False)
    assert autosave(writer, edit_address(draft), choosing_form({}))
    hidden = keys_of(hidden_objects(elsewhere))
    revisions, pages = Revision.objects.count(), Page.objects.count()
    for way, key in hidden.items():
        assert not autosave(writer, edit_address(draft), choosing_form({way: key})), way
    # The form that is shown again has a hidden object in each way, and shows nothing of them.
    form = choosing_form(hidden)
    submitted = choosing_form(hidden, "submit")
    assert_refused_choice(writer.post(add_address(own), submitted), "lead_image", "body")
    for address in (add_address(own), edit_address(draft)):
        assert not autosave(writer, address, form)
        assert writer.post(f"{address}preview/", form).json()["is_valid"] is False
        assert SECRET not in text_of(writer.get(f"{address}preview/"))
    assert (Revision.objects.count(), Page.objects.count()) == (revisions, pages)
    assert not FormState.objects.exists()


def test_story_stores_objects_that_its_editor_may_choose(writer, own, elsewhere):
    keys = {way: object_of(own, kind).pk for way, (kind, *_rest) in WAYS.items()}
    # A public page may be chosen from any section.
    keys["action"] = builders.make_story("Public there", elsewhere.index).pk

    response = writer.post(add_address(own), choosing_form(keys))

    assert response.status_code == 302, response.context["form"].errors
    story = StoryPage.objects.get(slug="a-new-story")
    found = ReferenceIndex.objects.filter(object_id=str(story.pk), to_object_id__in=map(str, keys.values()))
    assert len(set(found.values_list("content_path"))) == len(WAYS)


def form_with_text(kind, key):
    """Return the form of a story with a rich text that has an entity of `kind` with the ID `key`."""
    body = streamfield([("text", rich_text(kind, key))])
    return builders.story_form(body=()) | nested_form_data({"body": body})


@pytest.mark.sqlite_only
def test_picture_in_rich_text_is_not_stored(writer, own, elsewhere):
    """The rich text editor of this site offers no pictures."""
    for key in (own.image.pk, elsewhere.image.pk):
        writer.post(add_address(own), form_with_text("IMAGE", key) | {"slug": f"story-{key}"})
    assert StoryPage.objects.filter(slug=f"story-{own.image.pk}").exists()
    assert "<embed" not in json.dumps(list(Revision.objects.values_list("content", flat=True)))


def test_rich_text_is_stored_without_null_characters(writer, own):
    """PostgreSQL refuses them, and a feed with one can't be written."""
    text = rich_text("NONE", 0).replace("Words", "Words\\u0000 after")
    text = text.replace("unstyled", "unordered-list-item").replace('"depth": 0', '"depth": 40')
    form = builders.story_form(body=()) | nested_form_data({"body": streamfield([("text", text)])})
    assert writer.post(add_address(own), form).status_code == 302
    [block] = StoryPage.objects.get(slug="a-new-story").body
    assert " after" in block.value.source and "\0" not in block.value.source
    assert block.value.source.count("<ul>") == 5, "a list is no deeper than the editor makes it"


@pytest.mark.sqlite_only
def test_field_without_a_chooser_is_checked_as_well(writer, own, elsewhere, monkeypatch):
    """The widgets refuse IDs first. Without these methods of the widgets, the form still refuses them."""
    monkeypatch.setattr(BaseChooser, "value_from_datadict", chosen_objects.read_chooser.original)
    monkeypatch.setattr(DraftailRichTextArea, "value_from_datadict", chosen_objects.read_rich_text.original)
    hidden = keys_of(hidden_objects(elsewhere))
    pages = Page.objects.count()
    for way, key in hidden.items():
        assert not autosave(writer, add_address(own), choosing_form({way: key})), way
    response = writer.post(add_address(own), choosing_form(hidden))
    assert response.context["form"].errors == {"lead_image": [REFUSED], "body": [REFUSED]}
    assert Page.objects.count() == pages


def test_invalid_id_is_an_error_of_the_form(writer, admin_client, own, subtests):
    for absurd in INVALID_IDS:
        with subtests.test(absurd[:20]):
            countries = inline_formset([{"country": absurd}])
            form = choosing_form(dict.fromkeys(WAYS, absurd), story_countries=countries)
            assert not autosave(writer, add_address(own), form)
    # The widgets drop each of these values, whoever sends them, so the responses are the same for all.
    assert not autosave(admin_client, add_address(own), form)
    assert writer.post("/admin/snippets/stories/author/add/", author_form(absurd)).status_code == 200
    assert writer.post(add_address(own), form).context["form"].errors
    assert writer.post(f"{add_address(own)}preview/", form).json()["is_valid"] is False
    assert not StoryPage.objects.filter(slug="a-new-story").exists()


def test_link_to_nothing_is_refused(writer, own):
    """A page that is made later could get the ID of a missing one."""
    for form in (choosing_form({"link to a page": 10**6}), form_with_text("DOCUMENT", None)):
        assert not autosave(writer, add_address(own), form)
        assert writer.post(f"{add_address(own)}preview/", form).json()["is_valid"] is False
    assert writer.post(add_address(own), form).context["form"].errors == {"body": [REFUSED]}


@pytest.mark.sqlite_only
def test_unknown_model_is_choosable_for_superusers_alone(writer, own):
    assert own.draft.latest_revision  # made only now, when `draft` is used
    superuser = builders.make_user(is_superuser=True)
    for model in (User, Group, Collection, Revision, Session):
        assert chosen_objects.choosable(superuser, model).exists(), "there is nothing that could be offered"
        assert not chosen_objects.choosable(writer.user, model).exists()


@pytest.mark.sqlite_only
def test_everybody_may_choose_every_country_site_language_and_task(writer):
    for model in (Country, Site, Locale, Task):
        assert model.objects.exists()
        assert chosen_objects.choosable(writer.user, model).count() == model.objects.count()


def test_key_with_a_null_character_is_none():
    """PostgreSQL can't compare such a text."""
    assert chosen_objects.to_base_key(Country, "K\0") == (Country, None)


@pytest.mark.sqlite_only
def test_objects_that_others_chose_stay_and_files_are_not_shown(writer, admin_client, own, elsewhere):
    chosen = hidden_objects(elsewhere)
    private = builders.make_story(f"{SECRET} chosen story", elsewhere.index)
    chosen["chosen story"] = builders.make_private(private)  # `writer` may not choose it either.
    form = choosing_form(keys_of(chosen))
    assert admin_client.post(add_address(own), form).status_code == 302
    story = StoryPage.objects.get(slug="a-new-story")
    first, address = story.latest_revision, edit_address(story)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])

    for shown in (address, back):
        text = text_of(writer.get(shown))
        files = [way for way, (kind, *_rest) in WAYS.items() if kind != "page"]
        assert [way for way in files if f"{SECRET} {way}".lower() in text.lower()] == []
        assert not any(chosen[way].filename in text for way in ("document", "link to a document"))
        # The form still has the ID of each: in the data of a block, or in the field `lead_image`.
        found = re.findall(r'\bid\W+(\d+)|name="lead_image" value="(\d+)"', unescape(text))
        assert {str(each.pk) for each in chosen.values()} <= {key for pair in found for key in pair}
    assert writer.post(address, form | {"title": "B"}).status_code == 302
    assert [way for way, each in chosen.items() if not refers_to(story, each)] == []
    # Those who may choose them see them.
    text = text_of(admin_client.get(address))
    assert [
        way for way, each in chosen.items() if f"{SECRET} {way}" not in text and each.url not in text
    ] == []

    assert writer.post(address, choosing_form({}, title="C")).status_code == 302
    assert not any(refers_to(story, each) for each in chosen.values())
    # Title "C" removed the objects from the draft. They are nowhere else in the page, so they are refused.
    assert_refused_choice(writer.post(address, form | {"title": "D"}), "lead_image", "body")
    assert writer.post(back, form | {"title": "E"}).status_code == 302
    assert StoryPage.objects.get(pk=story.pk).title == "E"
    assert all(refers_to(story, each) for each in chosen.values())


@pytest.mark.sqlite_only
def test_object_of_the_live_page_may_be_chosen_in_the_draft_again(writer, own, elsewhere):
    story = builders.make_story("Live", own.index, lead_image=elsewhere.image, lead_image_decorative=True)
    for keys in ({}, {"lead picture": elsewhere.image.pk}):
        assert writer.post(edit_address(story), choosing_form(keys)).status_code == 302


def test_objects_that_others_chose_in_the_draft_of_a_live_page_stay(writer, admin_client, own, elsewhere):
    story = builders.make_story("Live", own.index)
    form = choosing_form({"lead picture": elsewhere.image.pk})
    for client in (admin_client, writer):
        assert client.post(edit_address(story), form).status_code == 302
    story.refresh_from_db()
    assert story.lead_image is None
    assert story.get_latest_revision_as_object().lead_image == elsewhere.image


@pytest.mark.sqlite_only
def test_revision_of_another_page_cannot_be_restored(writer, own, elsewhere):
    draft = builders.make_story("Mine", own.index, live=False)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[draft.pk, elsewhere.draft.latest_revision_id])
    assert writer.post(back, choosing_form({"lead picture": elsewhere.image.pk})).status_code == 404
