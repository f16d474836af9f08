"""The story form refuses IDs of objects that its user may not choose.

`writer` is a client whose user may edit the section `own` alone; hidden objects of the section `other` have
SECRET in their titles. WAYS has each field or block of a story that refers to an object.
"""

import json

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
    ways_on_this_database,
)
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

# By this header Wagtail recognises that the page editor saves by itself.
AUTOSAVE = {"headers": {"accept": "application/json"}}


def test_story_refuses_objects_that_its_editor_may_not_choose(writer, own, other, subtests):
    draft = builders.make_story("Mine", own.index, live=False)
    of_each_kind = {kind: way for way, (kind, *_rest) in WAYS.items()}
    for way, (kind, field, _value) in ways_on_this_database():
        with subtests.test(way), undone():
            revisions, pages = Revision.objects.count(), Page.objects.count()
            # The form's check is the same for each address and action. They are tried once for each kind.
            is_last = way == of_each_kind[kind]
            for address in (add_address(own), edit_address(draft)) if is_last else (edit_address(draft),):
                form = choosing_form({way: object_of(other, kind).pk})
                assert_refused_choice(writer.post(address, form), field)
                saved = writer.post(address, form, **AUTOSAVE)
                assert (saved.status_code, saved.json()["success"]) == (400, False)
                assert writer.post(f"{address}preview/", form).json()["is_valid"] is False
                assert SECRET not in text_of(writer.get(f"{address}preview/"))
                if is_last:
                    assert_refused_choice(writer.post(address, form | {"action-submit": "1"}), field)
            assert (Revision.objects.count(), Page.objects.count()) == (revisions, pages)
            assert not FormState.objects.exists()


def test_story_stores_objects_that_its_editor_may_choose(writer, own, other):
    keys = {way: object_of(own, kind).pk for way, (kind, *_rest) in WAYS.items()}
    # A public page may be chosen from any section.
    keys["action"] = builders.make_story("Public there", other.index).pk

    response = writer.post(add_address(own), choosing_form(keys))

    assert response.status_code == 302, response.context["form"].errors
    story = StoryPage.objects.get(slug="a-new-story")
    found = ReferenceIndex.objects.filter(object_id=str(story.pk), to_object_id__in=map(str, keys.values()))
    assert len(set(found.values_list("content_path"))) == len(WAYS)


@pytest.mark.sqlite_only
def test_form_that_is_shown_again_for_another_error_shows_nothing_hidden(writer, own, other):
    keys = {way: object_of(other, kind).pk for way, (kind, *_rest) in WAYS.items()}
    form = choosing_form(keys, title="", lead_image_decorative="") | {"body-0-value-level": "no such level"}

    response = writer.post(add_address(own), form)

    assert "title" in response.context["form"].errors
    assert SECRET.lower() not in text_of(response).lower()


def form_with_text(kind, key):
    """Return the form of a story with a rich text that has an entity of `kind` with the ID `key`."""
    body = streamfield([("text", rich_text(kind, key))])
    return builders.story_form(body=()) | nested_form_data({"body": body})


@pytest.mark.sqlite_only
def test_picture_in_rich_text_is_not_stored(writer, own, other):
    """The rich text editor of this site offers no pictures."""
    for key in (own.image.pk, other.image.pk):
        writer.post(add_address(own), form_with_text("IMAGE", key) | {"slug": f"story-{key}"})
    assert StoryPage.objects.filter(slug=f"story-{own.image.pk}").exists()
    assert "<embed" not in json.dumps(list(Revision.objects.values_list("content", flat=True)))


@pytest.mark.sqlite_only
def test_field_without_a_chooser_is_checked_as_well(writer, own, other, monkeypatch):
    """The widgets refuse IDs first. Without these methods of the widgets, the form still refuses them."""
    monkeypatch.setattr(BaseChooser, "value_from_datadict", chosen_objects.CHOOSER_VALUE)
    monkeypatch.setattr(DraftailRichTextArea, "value_from_datadict", chosen_objects.RICH_TEXT_VALUE)
    pages = Page.objects.count()
    for way, (kind, field, _value) in WAYS.items():
        response = writer.post(add_address(own), choosing_form({way: object_of(other, kind).pk}))
        assert response.context["form"].errors == {field: [REFUSED]}, way
    assert Page.objects.count() == pages


def test_invalid_id_is_an_error_of_the_form(writer, admin_client, own, subtests):
    for absurd in INVALID_IDS:
        with subtests.test(absurd[:20]), undone():
            countries = inline_formset([{"country": absurd}])
            form = choosing_form(dict.fromkeys(WAYS, absurd), story_countries=countries)
            for client in (writer, admin_client):
                response = client.post(add_address(own), form)
                assert response.context["form"].errors
                assert (
                    client.post("/admin/snippets/stories/author/add/", author_form(absurd)).status_code == 200
                )
            assert writer.post(f"{add_address(own)}preview/", form).json()["is_valid"] is False
            assert not StoryPage.objects.filter(slug="a-new-story").exists()


def test_link_to_a_document_without_an_id_is_refused(writer, own):
    form = form_with_text("DOCUMENT", None)
    response = writer.post(add_address(own), form)
    assert response.context["form"].errors == {"body": [REFUSED]}
    assert writer.post(f"{add_address(own)}preview/", form).json()["is_valid"] is False


def test_unknown_model_is_not_choosable(writer, own):
    own.make_all()
    for model in (User, Group, Collection, Revision, Session):
        assert model.objects.exists(), "there is nothing that could be offered"
        assert not chosen_objects.choosable(writer.user, model).exists()


def test_everybody_may_choose_every_country_site_language_and_task(writer):
    for model in (Country, Site, Locale, Task):
        assert model.objects.exists()
        assert chosen_objects.choosable(writer.user, model).count() == model.objects.count()


def test_key_with_a_null_character_is_none():
    """PostgreSQL can't compare such a text."""
    assert chosen_objects.to_base_key(Country, "K\0") == (Country, None)


def test_link_to_a_missing_page_is_refused(writer, own):
    """A page that is made later could get that ID."""
    assert_refused_choice(writer.post(add_address(own), choosing_form({"link to a page": 10**6})), "body")


def test_objects_that_others_chose_stay(writer, admin_client, own, other, subtests):
    for way, (kind, field, _value) in ways_on_this_database():
        with subtests.test(way), undone():
            chosen = object_of(other, kind)
            # In one of the ways it is a private page, which `writer` may not choose either.
            if way == "chosen story":
                chosen = builders.make_private(builders.make_story("For members", other.index))
            admin_client.post(add_address(own), choosing_form({way: chosen.pk}))
            story = StoryPage.objects.get(slug="a-new-story")
            first = story.latest_revision

            assert (
                writer.post(edit_address(story), choosing_form({way: chosen.pk}, title="B")).status_code
                == 302
            )
            assert writer.post(edit_address(story), choosing_form({}, title="C")).status_code == 302

            # Title "C" removed the object from the draft. It is nowhere else in the page, so it is refused.
            assert_refused_choice(
                writer.post(edit_address(story), choosing_form({way: chosen.pk}, title="D")), field
            )
            back = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])
            assert writer.get(back).status_code == 200
            assert writer.post(back, choosing_form({way: chosen.pk}, title="E")).status_code == 302
            assert StoryPage.objects.get(pk=story.pk).title == "E"


def test_object_of_the_live_page_may_be_chosen_in_the_draft_again(writer, own, other):
    story = builders.make_story("Live", own.index, lead_image=other.image, lead_image_decorative=True)
    assert writer.post(edit_address(story), choosing_form({})).status_code == 302
    assert (
        writer.post(edit_address(story), choosing_form({"lead picture": other.image.pk})).status_code == 302
    )


def test_objects_that_others_chose_in_the_draft_of_a_live_page_stay(writer, admin_client, own, other):
    story = builders.make_story("Live", own.index)
    form = choosing_form({"lead picture": other.image.pk})
    for client in (admin_client, writer):
        assert client.post(edit_address(story), form).status_code == 302
    story.refresh_from_db()
    assert story.lead_image is None
    assert story.get_latest_revision_as_object().lead_image == other.image


def test_revision_of_another_page_cannot_be_restored(writer, own, other):
    draft = builders.make_story("Mine", own.index, live=False)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[draft.pk, other.draft.latest_revision_id])
    assert writer.post(back, choosing_form({"lead picture": other.image.pk})).status_code == 404


def hide(kind, section):
    """Hide the object of `kind` that was chosen in `section`, and put SECRET into its title and address."""
    if kind == "page":
        page = section.live
        Page.objects.filter(pk=page.pk).update(slug=f"{SECRET}-slug".lower(), draft_title=f"{SECRET} title")
        page.refresh_from_db()
        page.set_url_path(section.index)
        Page.objects.filter(pk=page.pk).update(url_path=page.url_path)
        return
    # Objects of `section` have SECRET in their title anyway.
    item = object_of(section, kind)
    item.description = f"{SECRET} description"
    item.save()


@pytest.mark.sqlite_only
def test_form_shows_nothing_of_a_chosen_object_that_was_hidden_later(
    writer, admin_client, own, other, subtests
):
    for way, (kind, *_rest) in WAYS.items():
        with subtests.test(way), undone():
            chosen = other.live if kind == "page" else object_of(other, kind)
            draft = builders.make_story("Mine", own.index, live=False)
            assert admin_client.post(edit_address(draft), choosing_form({way: chosen.pk})).status_code == 302
            hide(kind, other)

            text = text_of(writer.get(edit_address(draft)))
            if kind == "document":
                assert chosen.filename not in text
            assert SECRET.lower() not in text.lower()
            # It stays chosen.
            response = writer.post(edit_address(draft), choosing_form({way: chosen.pk}))
            assert response.status_code == 302
            model = type(chosen) if kind != "page" else Page
            found = ReferenceIndex.get_references_to(model._default_manager.get(pk=chosen.pk))
            assert found.filter(object_id=draft.pk).exists()
            assert str(chosen.pk) in text
            # Those who may choose it see it.
            text = text_of(admin_client.get(edit_address(draft)))
            assert (SECRET.lower() in text.lower()) or (kind == "document" and chosen.url in text)
