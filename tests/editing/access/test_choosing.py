"""Forms refuse IDs of objects that their user may not choose.

`writer` is a client whose user may edit the section `own` alone; hidden objects of the section `elsewhere`
have SECRET in their titles. WAYS has each field or block of a story that refers to an object.
"""

import json
import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.urls import reverse
from wagtail.admin.models import FormState
from wagtail.admin.rich_text.editors.draftail import DraftailRichTextArea
from wagtail.admin.widgets import BaseChooser
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Collection, GroupPagePermission, Locale, Page, ReferenceIndex, Revision, Site, Task
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from editing.access import chosen_objects
from home.models import FeaturedStory, SiteSettings
from stories.models import StoryPage
from stories.terms import Author, Country
from tests.support import builders, choosing
from tests.support.admin_world import SECRET
from tests.support.choosing import REFUSED, WAYS, add_address, assert_refused_choice, choosing_form

pytestmark = pytest.mark.django_db


def autosave(client, address, form):
    """Return whether the page editor could save `form` by itself. Unlike a page, the response is quick."""
    # By this header Wagtail recognises that the editor saves by itself.
    response = client.post(address, form, headers={"accept": "application/json"})
    assert response.status_code == (200 if response.json()["success"] else 400)
    return response.json()["success"]


def hidden_objects(section):
    """Return {key of WAYS: new object in `section` with SECRET and this key in its title}."""

    def make(kind, title):
        if kind == "page":
            return builders.make_story(title, section.index, live=False)
        if kind == "document":
            return builders.make_document(title, collection=section.collection)
        return builders.make_image(title, collection=section.collection, description=title)

    return {way: make(kind, f"{SECRET} {way}") for way, (kind, *_rest) in WAYS.items()}


def keys_of(objects):
    return {way: each.pk for way, each in objects.items()}


def refers_to(page, each):
    return ReferenceIndex.get_references_to(each).filter(object_id=page.pk).exists()


def test_story_refuses_objects_that_its_editor_may_not_choose(writer, own, elsewhere):
    draft = builders.make_story("Mine", own.index, live=False)
    assert autosave(writer, choosing.edit_address(draft), choosing_form({}))
    hidden = keys_of(hidden_objects(elsewhere))
    revisions, pages = Revision.objects.count(), Page.objects.count()
    for way, key in hidden.items():
        assert not autosave(writer, choosing.edit_address(draft), choosing_form({way: key})), way
    # The form that is shown again has a hidden object in each way, and shows nothing of them.
    form = choosing_form(hidden)
    submitted = choosing_form(hidden, "submit")
    assert_refused_choice(writer.post(add_address(own), submitted), "lead_image", "body")
    for address in (add_address(own), choosing.edit_address(draft)):
        assert not autosave(writer, address, form)
        assert writer.post(f"{address}preview/", form).json()["is_valid"] is False
        assert SECRET not in choosing.text_of(writer.get(f"{address}preview/"))
    assert (Revision.objects.count(), Page.objects.count()) == (revisions, pages)
    assert not FormState.objects.exists()


def test_story_stores_objects_that_its_editor_may_choose(writer, own, elsewhere):
    keys = {way: choosing.object_of(own, kind).pk for way, (kind, *_rest) in WAYS.items()}
    # A public page may be chosen from any section.
    keys["action"] = builders.make_story("Public there", elsewhere.index).pk

    response = writer.post(add_address(own), choosing_form(keys))

    assert response.status_code == 302, response.context["form"].errors
    story = StoryPage.objects.get(slug="a-new-story")
    found = ReferenceIndex.objects.filter(object_id=str(story.pk), to_object_id__in=map(str, keys.values()))
    assert len(set(found.values_list("content_path"))) == len(WAYS)


def form_with_text(kind, key, text=None):
    """Return the form of a story with the rich text `text`, or with an entity of `kind` with the ID `key`."""
    body = streamfield([("text", text or choosing.rich_text(kind, key))])
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
    text = choosing.rich_text("NONE", 0).replace("Words", "Words\\u0000 after")
    text = text.replace("unstyled", "unordered-list-item").replace('"depth": 0', '"depth": 40')
    assert writer.post(add_address(own), form_with_text("", 0, text)).status_code == 302
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
    for absurd in choosing.INVALID_IDS:
        with subtests.test(absurd[:20]):
            countries = inline_formset([{"country": absurd}])
            form = choosing_form(dict.fromkeys(WAYS, absurd), story_countries=countries)
            assert not autosave(writer, add_address(own), form)
    # The widgets drop each of these values, whoever sends them, so the responses are the same for all.
    assert not autosave(admin_client, add_address(own), form)
    assert writer.post("/admin/snippets/stories/author/add/", choosing.author_form(absurd)).status_code == 200
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
def test_what_is_choosable_by_its_model_alone(writer, own):
    """Everybody may choose some models, and superusers alone what the rule does not know."""
    assert own.draft.latest_revision  # made only now, when `draft` is used
    superuser = builders.make_user(is_superuser=True)
    for model in (User, Group, Collection, Revision, Session):
        assert chosen_objects.choosable(superuser, model).exists(), "there is nothing that could be offered"
        assert not chosen_objects.choosable(writer.user, model).exists()
    for model in (Country, Site, Locale, Task):
        assert chosen_objects.choosable(writer.user, model).count() == model.objects.count() > 0
    # PostgreSQL can't compare a text with a null character.
    assert chosen_objects.to_base_key(Country, "K\0") == (Country, None)


@pytest.mark.sqlite_only
def test_objects_that_others_chose_stay_and_files_are_not_shown(writer, admin_client, own, elsewhere):
    chosen = hidden_objects(elsewhere)
    private = builders.make_story(f"{SECRET} chosen story", elsewhere.index)
    chosen["chosen story"] = builders.make_private(private)  # `writer` may not choose it either.
    form = choosing_form(keys_of(chosen))
    assert admin_client.post(add_address(own), form).status_code == 302
    story = StoryPage.objects.get(slug="a-new-story")
    first, address = story.latest_revision, choosing.edit_address(story)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])

    for shown in (address, back):
        text = choosing.text_of(writer.get(shown))
        files = [way for way, (kind, *_rest) in WAYS.items() if kind != "page"]
        assert [way for way in files if f"{SECRET} {way}".lower() in text.lower()] == []
        assert not any(chosen[way].filename in text for way in ("document", "link to a document"))
        # The form still has the ID of each: in the data of a block, or in the field `lead_image`.
        found = re.findall(r'\bid\W+(\d+)|name="lead_image" value="(\d+)"', unescape(text))
        assert {str(each.pk) for each in chosen.values()} <= {key for pair in found for key in pair}
    assert writer.post(address, form | {"title": "B"}).status_code == 302
    assert [way for way, each in chosen.items() if not refers_to(story, each)] == []
    # Those who may choose them see them.
    text = choosing.text_of(admin_client.get(address))
    assert [way for way in chosen if f"{SECRET} {way}" not in text and chosen[way].url not in text] == []
    assert writer.post(address, choosing_form({}, title="C")).status_code == 302
    assert not any(refers_to(story, each) for each in chosen.values())
    # Title "C" removed the objects from the draft. They are nowhere else in the page, so they are refused.
    assert_refused_choice(writer.post(address, form | {"title": "D"}), "lead_image", "body")
    assert writer.post(back, form | {"title": "E"}).status_code == 302
    assert StoryPage.objects.get(pk=story.pk).title == "E"
    assert all(refers_to(story, each) for each in chosen.values())


def test_objects_of_the_live_page_and_of_its_draft_may_be_chosen_again(writer, admin_client, own, elsewhere):
    picture = {"lead picture": elsewhere.image.pk}
    story = builders.make_story("Live", own.index, lead_image=elsewhere.image, lead_image_decorative=True)
    for keys in ({}, picture):
        assert writer.post(choosing.edit_address(story), choosing_form(keys)).status_code == 302
    story = builders.make_story("Draft", own.index)
    for client in (admin_client, writer):
        saved = client.post(choosing.edit_address(story), choosing_form(picture, slug="draft"))
        assert saved.status_code == 302
    story.refresh_from_db()
    assert story.lead_image is None
    assert story.get_latest_revision_as_object().lead_image == elsewhere.image


@pytest.mark.sqlite_only
def test_revision_of_another_page_cannot_be_restored(writer, own, elsewhere):
    draft = builders.make_story("Mine", own.index, live=False)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[draft.pk, elsewhere.draft.latest_revision_id])
    assert writer.post(back, choosing_form({"lead picture": elsewhere.image.pk})).status_code == 404


@pytest.mark.sqlite_only
def test_home_page_features_and_links_only_what_its_editor_may_choose(writer, own, elsewhere):
    home = builders.home_page()
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=home, permission=right)
    hidden = Page.objects.get(pk=elsewhere.draft.pk)
    # Editors of the home page may edit all pages below it, but not pages beside it.
    hidden.move(Page.get_first_root_node(), pos="last-child")
    fields = {"title": "Home", "slug": home.slug, "headline": "x", "people": "none", "body": streamfield([])}
    fields |= dict.fromkeys(("introduction", "footer_text", "help_line"), choosing.rich_text("NONE", 0))
    fields |= dict.fromkeys(("comments", "story_people", "featured_stories"), inline_formset([]))
    empty = ("tagline", "donate_text", "help_page", "seo_title", "search_description")
    fields |= {"go_live_at": "", "expire_at": ""}
    fields |= dict.fromkeys(empty, "")

    def post(**changes):
        return writer.post(choosing.edit_address(home), nested_form_data(fields | changes))

    assert_refused_choice(post(help_page=str(hidden.pk)), "help_page")
    assert_refused_choice(post(footer_text=choosing.rich_text("LINK", hidden.pk)), "footer_text")
    response = post(featured_stories=inline_formset([{"story": hidden.pk}]))
    assert response.context["form"].formsets["featured_stories"].errors == [{"story": [REFUSED]}]
    assert SECRET.lower() not in choosing.text_of(response).lower()
    assert post(featured_stories=inline_formset([{"story": own.live.pk}])).status_code == 302
    assert not FeaturedStory.objects.filter(story=hidden.pk).exists()


# --- Snippets, settings, redirects, promoted results ----------------------------------------------


@pytest.mark.sqlite_only
def test_picture_of_an_author_is_chosen_by_who_may_publish_and_may_choose_it(writer, own, elsewhere):
    author = Author.objects.create(name="Somebody")
    names = ("add/", f"edit/{author.pk}/", f"copy/{author.pk}/")
    addresses = add, edit, _copy = [f"/admin/snippets/stories/author/{name}" for name in names]
    for address in addresses:
        response = writer.post(address, choosing.author_form(own.image))
        assert list(response.context["form"].errors) == ["picture"]
        assert "only somebody who may publish" in choosing.text_of(response)
    assert not Author.objects.exclude(picture=None).exists()
    # A picture that somebody else chose can stay or be removed.
    Author.objects.filter(pk=author.pk).update(picture=own.image)
    for image, status in ((own.image, 302), ("", 302), (own.image, 200)):
        assert writer.post(edit, choosing.author_form(image)).status_code == status
    choosing.permit(writer, own)
    for address in (add, edit):
        assert_refused_choice(writer.post(address, choosing.author_form(elsewhere.image)), "picture")
    assert not Author.objects.exclude(picture=None).exists()
    for address in (add, edit):
        assert writer.post(address, choosing.author_form(own.image)).status_code == 302
    assert Author.objects.filter(picture=own.image).count() == 2


@pytest.mark.sqlite_only
def test_settings_store_only_what_their_editor_may_choose(writer, own, elsewhere):
    choosing.permit(writer, own, "home.change_sitesettings", publish=False)
    address = f"/admin/settings/home/sitesettings/{Site.objects.get().pk}/"
    form = {"organisation_name": "x", "palette": "earth", "leave_url": "https://example.org/"}
    form |= {"donate_url": "", "contact_email": "", "robots": "all", "social_links-count": "0"}
    response = writer.post(address, form | {"logo": own.image.pk})
    assert "only somebody who may publish" in response.context["form"].errors["logo"][0]
    choosing.permit(writer, own)
    assert_refused_choice(writer.post(address, form | {"logo": elsewhere.image.pk}), "logo")
    assert writer.post(address, form | {"logo": own.image.pk}).status_code == 302
    assert SiteSettings.objects.get().logo == own.image


@pytest.mark.sqlite_only
def test_redirect_leads_only_where_its_editor_may_link(writer, own, elsewhere):
    choosing.permit(writer, own, "wagtailredirects.add_redirect", "wagtailredirects.change_redirect")
    stored = Redirect.objects.create(old_path="/stored", redirect_page=elsewhere.draft)
    form = {"old_path": "/old", "site": "", "is_permanent": "on", "redirect_link": ""}
    add, edit = reverse("wagtailredirects:add"), reverse("wagtailredirects:edit", args=[stored.pk])
    assert_refused_choice(writer.post(add, form | {"redirect_page": elsewhere.draft.pk}), "redirect_page")
    for page in (elsewhere.draft, own.draft):
        assert writer.post(edit, form | {"redirect_page": page.pk}).status_code == 302
    assert_refused_choice(writer.post(edit, form | {"redirect_page": elsewhere.draft.pk}), "redirect_page")
    # "/old" is now the path of `stored`, for all sites. For a single site, it is free.
    for_site = form | {"redirect_page": own.live.pk, "site": Site.objects.get().pk}
    assert writer.post(add, for_site).status_code == 302


@pytest.mark.sqlite_only
def test_promoted_result_is_a_page_that_its_editor_may_link(writer, own, elsewhere):
    codenames = [f"wagtailsearchpromotions.{action}_searchpromotion" for action in ("add", "change")]
    choosing.permit(writer, own, *codenames, publish=False)

    def form(page, **more):
        row = {"page": page.pk, "description": "", "external_link_url": "", "external_link_text": ""} | more
        formset = inline_formset([row], initial=int("id" in more))  # a row with an ID is stored already
        return nested_form_data({"query_string": "words", "editors_picks": formset})

    add = reverse("wagtailsearchpromotions:add")
    response = writer.post(add, form(elsewhere.draft))
    assert response.context["searchpicks_formset"].errors[0]["page"] == [REFUSED]
    assert SECRET.lower() not in choosing.text_of(response).lower()
    assert not SearchPromotion.objects.exists()
    assert writer.post(add, form(own.live)).status_code == 302
    stored = SearchPromotion.objects.get()
    SearchPromotion.objects.update(page=elsewhere.draft)
    edit = reverse("wagtailsearchpromotions:edit", args=[Query.objects.get(query_string="words").pk])
    assert writer.post(edit, form(elsewhere.draft, id=str(stored.pk))).status_code == 302


# --- Pages that are chosen as a new parent --------------------------------------------------------


def parent_forms(page, key):
    """Return (address, form data) of all views that ask for a new parent of `page`."""
    copy = {"new_title": "x", "new_slug": "x", "new_parent_page": key}
    return [
        (f"/admin/pages/{page.pk}/copy/", copy),
        (f"/admin/pages/{page.pk}/move/", {"new_parent_page": key}),
        (f"/admin/bulk/wagtailcore/page/move/?id={page.pk}", {"chooser": key}),
        (reverse("wagtailadmin_pages:choose_parent", args=["stories", "storypage"]), {"parent_page": key}),
    ]


@pytest.mark.sqlite_only
def test_hidden_parent_to_copy_or_move_to_is_refused(writer, own, elsewhere):
    choosing.permit(writer, own)
    private = builders.make_private(builders.make_index(elsewhere.index, f"{SECRET} section"))
    for page in (elsewhere.draft, private):
        for address, form in parent_forms(own.draft, page.pk):
            response = writer.post(address, form)
            assert response.status_code == 200, address
            assert SECRET.lower() not in choosing.text_of(response).lower(), address
    assert not Page.objects.filter(slug="x").exists()
    for address, form in parent_forms(own.draft, own.index.pk):
        assert writer.post(address, form).status_code == 302, address


def test_invalid_parent_id_is_an_error_of_the_form(writer, own):
    choosing.permit(writer, own)
    for absurd in ("", str(10**6), *choosing.INVALID_IDS):
        forms = parent_forms(own.draft, absurd)
        # The widgets of all forms read an ID in the same way, so one form tries all IDs.
        for address, form in forms if absurd in {str(10**6), "x"} else forms[-1:]:
            assert writer.post(address, form).status_code in {200, 404}, address
