"""What a form stores is something that its user may choose: by HTTP, whatever ID is sent."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from wagtail.admin.models import FormState
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import GroupPagePermission, Page, ReferenceIndex, Revision, Site
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from home.models import FeaturedStory, SiteSettings
from stories.models import StoryPage
from stories.terms import Author
from tests import admin_world, builders
from tests.admin_world import SECRET

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("store"),
    # Wagtail 8.0 sends its mails by a function that Django 6.1 calls deprecated.
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]

AUTOSAVE = {"headers": {"accept": "application/json"}}
REFUSED = "Something chosen here is not available to you. Remove it or choose another."
# What is no ID of anything, for any database.
ABSURD = ["-1", "0", "9" * 40, "9" * 5000, "1e3", "x", "1\0", "１x", "[1]", "null"]


@pytest.fixture
def own():
    return admin_world.make_section("Own", "Plain")


@pytest.fixture
def other():
    """Another section: in the title, the slug and the text of what is hidden in it stands SECRET."""
    return admin_world.make_section("Other", SECRET)


@pytest.fixture
def editor(client, own):
    """A client logged in as an editor of the section `own`, who may not publish."""
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client


@pytest.fixture
def administrator():
    client = Client()
    client.force_login(builders.make_user(is_superuser=True))
    return client


def permit(client, own, *codenames, publish=True):
    """Give the user of `client` more permissions, and the right to publish in the section `own`."""
    group = client.user.groups.get()
    for name in codenames:
        app, codename = name.split(".")
        group.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    if publish:
        right = Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page")
        GroupPagePermission.objects.create(group=group, page=own.index, permission=right)


def rich_text(kind, key):
    """Return what the editor of rich text sends for a text in which something is linked or embedded."""
    block = {"key": "a", "type": "unstyled", "depth": 0, "text": "Words", "inlineStyleRanges": []}
    block["entityRanges"] = [{"offset": 0, "length": 5, "key": 0}]
    entity = {"type": kind, "mutability": "MUTABLE", "data": {"id": key, "format": "left", "alt": ""}}
    return json.dumps({"blocks": [block], "entityMap": {"0": entity}})


def action(page):
    return {"heading": "", "text": "", "label": "Go", "page": page, "url": ""}


def picture(image):
    return {"image": image, "alt_text": "x", "decorative": ""}


def media_link(image):
    link = {"kind": "video", "title": "x", "url": "https://example.org/", "minutes": ""}
    return link | {"poster": picture(image), "transcript": rich_text("NONE", 1)}


def table(text):
    column = {"column-count": "1", "column-0-type": "link", "column-0-heading": "x", "column-0-order": "0"}
    row = {"row-count": "1", "row-0-order": "0", "row-0-deleted": "", "cell-0-0": text}
    return column | row | {"column-0-deleted": "", "caption": ""}


def a_list(value):
    return {"count": "1", "0-deleted": "", "0-order": "0", "0-type": "item", "0-id": "", "0-value": value}


# How each field of a story names a page, a picture or a document: (kind of thing, field, value for its ID).
WAYS = {
    "lead picture": ("image", "lead_image", str),
    "picture": (
        "image",
        "body",
        lambda key: [("pictures", {"pictures": a_list({"image": picture(key), "caption": ""})})],
    ),
    "still picture": ("image", "body", lambda key: [("media_link", media_link(key))]),
    "document": ("document", "body", lambda key: [("document", {"document": key, "title": "x"})]),
    "action": ("page", "body", lambda key: [("action", action(key))]),
    "chosen story": (
        "page",
        "body",
        lambda key: [("chosen_stories", {"heading": "x", "stories": a_list(key)})],
    ),
    "link to a page": ("page", "body", lambda key: [("text", rich_text("LINK", key))]),
    "link to a document": ("document", "body", lambda key: [("text", rich_text("DOCUMENT", key))]),
    "link in a key fact": (
        "page",
        "body",
        lambda key: [
            ("callout", {"title": "", "text": rich_text("LINK", key), "source": "", "source_url": ""})
        ],
    ),
    "link in a table": ("page", "body", lambda key: [("table", table(rich_text("LINK", key)))]),
}


def story_form(keys, action=None, **fields):
    """Return what the page editor sends for a story; `keys`: the ID that it names in each of some WAYS."""
    body = [("heading", {"text": "x", "level": "2"})]
    for way, key in keys.items():
        _kind, field, value = WAYS[way]
        if field == "body":
            body += value(str(key))
        else:
            fields[field] = value(str(key))
    data = builders.story_form(action, body=(), **{"lead_image_decorative": "on", **fields})
    return data | nested_form_data({"body": streamfield(body)})


def thing(section, kind):
    return {"image": section.image, "document": section.document, "page": section.draft}[kind]


def add_address(section):
    return f"/admin/pages/add/stories/storypage/{section.index.pk}/"


def edit_address(page):
    return f"/admin/pages/{page.pk}/edit/"


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()


def refuses(response, field):
    """Assert that the form came back with the error beside `field`, and without what is hidden."""
    assert response.status_code == 200
    assert SECRET.lower() not in text_of(response).lower()
    errors = response.context["form"].errors
    assert errors == {field: [REFUSED]}
    assert REFUSED in text_of(response)


# --- Stories -------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_story_stores_nothing_that_its_editor_may_not_choose(editor, own, other, way):
    kind, field, _value = WAYS[way]
    draft = builders.make_story("Mine", own.index, live=False)
    revisions, pages = Revision.objects.count(), Page.objects.count()
    for action in (None, "submit"):
        form = story_form({way: thing(other, kind).pk}, action)
        refuses(editor.post(add_address(own), form), field)
        refuses(editor.post(edit_address(draft), form), field)
        for address in (add_address(own), edit_address(draft)):
            saved = editor.post(address, form, **AUTOSAVE)
            assert (saved.status_code, saved.json()["success"]) == (400, False)
            assert editor.post(f"{address}preview/", form).json()["is_valid"] is False
            assert SECRET not in text_of(editor.get(f"{address}preview/"))
    assert (Revision.objects.count(), Page.objects.count()) == (revisions, pages)
    assert not FormState.objects.exists()


def test_story_stores_what_its_editor_may_choose(editor, own, other):
    keys = {way: thing(own, kind).pk for way, (kind, *_rest) in WAYS.items()}
    keys["action"] = builders.make_story("Public there", other.index).pk

    response = editor.post(add_address(own), story_form(keys))

    assert response.status_code == 302, response.context["form"].errors
    story = StoryPage.objects.get(slug="a-new-story")
    found = ReferenceIndex.objects.filter(object_id=str(story.pk), to_object_id__in=map(str, keys.values()))
    assert len(set(found.values_list("content_path"))) == len(WAYS)


def test_form_that_comes_back_for_another_reason_shows_nothing_hidden(editor, own, other):
    keys = {way: thing(other, kind).pk for way, (kind, *_rest) in WAYS.items()}
    form = story_form(keys, title="", lead_image_decorative="") | {"body-0-value-level": "no such level"}

    response = editor.post(add_address(own), form)

    assert "title" in response.context["form"].errors
    assert SECRET.lower() not in text_of(response).lower()


def test_embed_is_no_way_around_what_the_field_offers(editor, own, other):
    for key in (own.image.pk, other.image.pk):
        body = streamfield([("text", rich_text("IMAGE", key))])
        form = builders.story_form(body=()) | nested_form_data({"body": body})
        editor.post(add_address(own), form | {"slug": f"story-{key}"})
    assert "<embed" not in json.dumps(list(Revision.objects.values_list("content", flat=True)))


@pytest.mark.parametrize("absurd", ABSURD)
def test_what_is_no_id_is_an_error_and_no_crash(editor, administrator, own, absurd):
    form = story_form(dict.fromkeys(WAYS, absurd))
    for client in (editor, administrator):
        response = client.post(add_address(own), form)
        assert response.context["form"].errors
        assert client.post(f"{add_address(own)}preview/", form).json()["is_valid"] is False
        assert client.post("/admin/snippets/stories/author/add/", author_form(absurd)).status_code == 200
    assert not StoryPage.objects.filter(slug="a-new-story").exists()


def test_link_to_what_is_not_there_yet_is_refused(editor, own, other):
    """Or else a page that is made later could get that ID."""
    refuses(editor.post(add_address(own), story_form({"link to a page": 10**6})), "body")


@pytest.mark.parametrize("way", WAYS)
def test_what_others_chose_stays(editor, administrator, own, other, way):
    kind, field, _value = WAYS[way]
    chosen = thing(other, kind)
    if way == "chosen story":
        chosen = builders.make_private(builders.make_story("For members", other.index))
    administrator.post(add_address(own), story_form({way: chosen.pk}))
    story = StoryPage.objects.get(slug="a-new-story")
    first = story.latest_revision

    assert editor.post(edit_address(story), story_form({way: chosen.pk}, title="B")).status_code == 302
    assert editor.post(edit_address(story), story_form({}, title="C")).status_code == 302

    # It is gone from the draft and, as that was never published, from the page.
    refuses(editor.post(edit_address(story), story_form({way: chosen.pk}, title="D")), field)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, first.pk])
    assert editor.get(back).status_code == 200
    assert editor.post(back, story_form({way: chosen.pk}, title="E")).status_code == 302
    assert StoryPage.objects.get(pk=story.pk).title == "E"


def test_what_is_live_may_come_back_into_the_draft(editor, own, other):
    story = builders.make_story("Live", own.index, lead_image=other.image, lead_image_decorative=True)
    assert editor.post(edit_address(story), story_form({})).status_code == 302
    assert editor.post(edit_address(story), story_form({"lead picture": other.image.pk})).status_code == 302


def test_revision_of_another_page_is_none_to_go_back_to(editor, own, other):
    draft = builders.make_story("Mine", own.index, live=False)
    back = reverse("wagtailadmin_pages:revisions_revert", args=[draft.pk, other.draft.latest_revision_id])
    assert editor.post(back, story_form({"lead picture": other.image.pk})).status_code == 404


def test_home_page_features_and_links_only_what_its_editor_may_choose(editor, own, other):
    home = builders.home_page()
    section = builders.make_plain_page("Section")
    section.move(home, pos="last-child")
    group = editor.user.groups.get()
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=group, page=home, permission=right)
    hidden = Page.objects.get(pk=other.draft.pk)
    # Whoever may edit the home page may edit all below it: but not what is beside it.
    hidden.move(Page.get_first_root_node(), pos="last-child")
    fields = {"title": "Home", "slug": home.slug, "headline": "x", "tagline": "", "donate_text": ""}
    words = {name: rich_text("NONE", 0) for name in ("introduction", "footer_text", "help_line")}
    fields |= {**words, "body": streamfield([]), "comments": inline_formset([]), "help_page": ""}
    fields |= {"seo_title": "", "search_description": "", "go_live_at": "", "expire_at": ""}
    none = inline_formset([])

    def post(**changes):
        form = nested_form_data(fields | {"featured_stories": none} | changes)
        return editor.post(edit_address(home), form)

    refuses(post(help_page=str(hidden.pk)), "help_page")
    refuses(post(footer_text=rich_text("LINK", hidden.pk)), "footer_text")
    response = post(featured_stories=inline_formset([{"story": hidden.pk}]))
    assert response.context["form"].formsets["featured_stories"].errors == [{"story": [REFUSED]}]
    assert SECRET.lower() not in text_of(response).lower()
    assert post(featured_stories=inline_formset([{"story": own.live.pk}])).status_code == 302
    assert not FeaturedStory.objects.filter(story=hidden.pk).exists()


# --- Snippets, settings, redirects, promoted results ----------------------------------------------


def author_form(image=""):
    return {"name": "Staff", "role": "", "picture": str(getattr(image, "pk", image))}


def test_picture_of_an_author_is_one_that_its_editor_may_choose(editor, own, other):
    permit(editor, own)
    add = "/admin/snippets/stories/author/add/"
    author = Author.objects.create(name="Somebody")
    addresses = [add, f"/admin/snippets/stories/author/edit/{author.pk}/"]
    for address in addresses:
        refuses(editor.post(address, author_form(other.image)), "picture")
    assert not Author.objects.exclude(picture=None).exists()
    for address in addresses:
        assert editor.post(address, author_form(own.image)).status_code == 302
    assert Author.objects.filter(picture=own.image).count() == 2


def test_picture_of_an_author_needs_somebody_who_may_publish(editor, own):
    author = Author.objects.create(name="Somebody")
    addresses = ["add/", f"edit/{author.pk}/", f"copy/{author.pk}/"]
    addresses = [f"/admin/snippets/stories/author/{address}" for address in addresses]
    for address in addresses:
        response = editor.post(address, author_form(own.image))
        assert list(response.context["form"].errors) == ["picture"]
        assert "only somebody who may publish" in text_of(response)
    assert not Author.objects.exclude(picture=None).exists()
    # The picture that somebody else chose stays, or goes.
    Author.objects.filter(pk=author.pk).update(picture=own.image)
    assert editor.post(addresses[1], author_form(own.image)).status_code == 302
    assert editor.post(addresses[1], author_form()).status_code == 302
    assert editor.post(addresses[1], author_form(own.image)).status_code == 200


def test_settings_store_only_what_their_editor_may_choose(editor, own, other):
    permit(editor, own, "home.change_sitesettings", publish=False)
    address = f"/admin/settings/home/sitesettings/{Site.objects.get().pk}/"
    form = {"organisation_name": "x", "palette": "earth", "leave_url": "https://example.org/"}
    form |= {"donate_url": "", "contact_email": "", "robots": "all", "social_links-count": "0"}
    response = editor.post(address, form | {"logo": own.image.pk})
    assert "only somebody who may publish" in response.context["form"].errors["logo"][0]
    permit(editor, own)
    refuses(editor.post(address, form | {"logo": other.image.pk}), "logo")
    assert editor.post(address, form | {"logo": own.image.pk}).status_code == 302
    assert SiteSettings.objects.get().logo == own.image


def test_redirect_leads_only_where_its_editor_may_link(editor, own, other):
    permit(editor, own, "wagtailredirects.add_redirect", "wagtailredirects.change_redirect")
    stored = Redirect.objects.create(old_path="/stored", redirect_page=other.draft)
    form = {"old_path": "/old", "site": "", "is_permanent": "on", "redirect_link": ""}
    add, edit = reverse("wagtailredirects:add"), reverse("wagtailredirects:edit", args=[stored.pk])
    refuses(editor.post(add, form | {"redirect_page": other.draft.pk}), "redirect_page")
    for page in (other.draft, own.draft):
        assert editor.post(edit, form | {"redirect_page": page.pk, "site": ""}).status_code == 302
    refuses(editor.post(edit, form | {"redirect_page": other.draft.pk}), "redirect_page")
    site = form | {"redirect_page": own.live.pk, "site": Site.objects.get().pk}
    assert editor.post(add, site).status_code == 302


def test_promoted_result_is_a_page_that_its_editor_may_link(editor, own, other):
    permit(editor, own, "wagtailsearchpromotions.add_searchpromotion")
    permit(editor, own, "wagtailsearchpromotions.change_searchpromotion", publish=False)

    def form(page, **more):
        row = {"page": page.pk, "description": "", "external_link_url": "", "external_link_text": ""} | more
        formset = inline_formset([row], initial=len(more.get("id", "")) and 1)
        return nested_form_data({"query_string": "words", "editors_picks": formset})

    add = reverse("wagtailsearchpromotions:add")
    response = editor.post(add, form(other.draft))
    assert response.context["searchpicks_formset"].errors[0]["page"] == [REFUSED]
    assert SECRET.lower() not in text_of(response).lower()
    assert not SearchPromotion.objects.exists()
    assert editor.post(add, form(own.live)).status_code == 302
    stored = SearchPromotion.objects.get()
    SearchPromotion.objects.update(page=other.draft)
    edit = reverse("wagtailsearchpromotions:edit", args=[Query.objects.get(query_string="words").pk])
    assert editor.post(edit, form(other.draft, id=str(stored.pk))).status_code == 302


# --- Pages that are chosen as a place -------------------------------------------------------------


def test_place_to_copy_or_move_to_tells_nothing_of_what_is_hidden(editor, own, other):
    permit(editor, own)
    hidden = [other.draft, builders.make_private(builders.make_index(other.index, f"{SECRET} section"))]
    bulk = f"/admin/bulk/wagtailcore/page/move/?id={own.draft.pk}"
    for page in hidden:
        for address, form in {
            f"/admin/pages/{own.draft.pk}/copy/": {
                "new_title": "x",
                "new_slug": "x",
                "new_parent_page": page.pk,
            },
            f"/admin/pages/{own.draft.pk}/move/": {"new_parent_page": page.pk},
            bulk: {"chooser": page.pk},
            "/admin/pages/stories/storypage/choose_parent/": {"parent_page": page.pk},
        }.items():
            response = editor.post(address, form, follow=True)
            assert response.status_code in {200, 404}, address
            assert SECRET.lower() not in text_of(response).lower(), address
    assert not Page.objects.filter(slug="x").exists()


@pytest.mark.parametrize("conversion", ["", "?x=1"])
def test_address_of_a_private_page_is_not_made_a_link_with_its_title(editor, own, other, conversion):
    private = builders.make_private(builders.make_story("Quiet", other.index, slug="quiet"))
    Page.objects.filter(pk=private.pk).update(draft_title=f"{SECRET} title")
    public = builders.make_story("Known", other.index, slug="known")
    for page, word in ((private, SECRET), (public, "Known")):
        address = f"{page.full_url}{conversion}"
        form = {"external-link-chooser-url": address, "external-link-chooser-link_text": "x"}
        response = editor.post(reverse("wagtailadmin_choose_page_external_link"), form)
        assert response.status_code == 200
        assert SECRET not in text_of(response)
        if not conversion:
            assert (f'"id": {page.pk}' in text_of(response)) == (word == "Known")


def test_choosers_show_nothing_hidden_by_its_number(editor, own, other):
    term = Author.objects.create(name="Somebody", picture=other.image)
    for address in (
        f"images/chooser/{other.image.pk}/",
        f"images/chooser/{other.image.pk}/select_format/",
        f"images/chooser/chosen-multiple/?id={other.image.pk}",
        f"documents/chooser/{other.document.pk}/",
        f"documents/chooser/chosen-multiple/?id={other.document.pk}",
        f"choose-page/chosen-multiple/?id={other.draft.pk}",
        f"snippets/choose/stories/author/chosen/{term.pk}/",
        f"api/main/pages/?child_of={other.index.pk}",
        f"api/main/pages/?child_of={other.index.pk}&for_explorer=1",
        f"api/main/pages/?translation_of={other.draft.pk}",
        f"api/main/pages/?descendant_of={other.draft.pk}",
        f"api/main/pages/{other.draft.pk}/",
        f"api/main/images/{other.image.pk}/",
        f"api/main/documents/{other.document.pk}/",
    ):
        response = editor.get(f"/admin/{address}")
        assert response.status_code < 500, address
        assert SECRET.lower() not in text_of(response).lower(), address


@pytest.mark.parametrize("kind", ["images", "documents"])
def test_collection_of_a_file_is_one_that_its_editor_may_add_to(editor, own, other, kind):
    item = own.image if kind == "images" else own.document
    address = f"/admin/images/{item.pk}/" if kind == "images" else f"/admin/documents/edit/{item.pk}/"
    form = {"title": "x", "collection": other.collection.pk, "shows": "place", "tags": ""}
    editor.post(address, form)
    model = ContentType.objects.get_for_model(item).model
    bulk = f"/admin/bulk/media/{model}/add_to_collection/?id={item.pk}"
    response = editor.post(bulk, {"collection": other.collection.pk})
    item.refresh_from_db()
    assert item.collection == own.collection
    assert SECRET not in text_of(response)
