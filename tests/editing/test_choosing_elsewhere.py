"""Other forms of the admin than that of a story refuse IDs of objects that their user may not choose.

For the story form, see tests/editing/test_choosing.py; for `writer`, `own` and `elsewhere`, conftest.py.
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import GroupPagePermission, Page, Site
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from home.models import FeaturedStory, SiteSettings
from stories.terms import Author
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import (
    INVALID_IDS,
    REFUSED,
    assert_refused_choice,
    author_form,
    edit_address,
    permit,
    rich_text,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite_only
def test_home_page_features_and_links_only_what_its_editor_may_choose(writer, own, elsewhere):
    home = builders.home_page()
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=home, permission=right)
    hidden = Page.objects.get(pk=elsewhere.draft.pk)
    # Editors of the home page may edit all pages below it, but not pages beside it.
    hidden.move(Page.get_first_root_node(), pos="last-child")
    fields = {"title": "Home", "slug": home.slug, "headline": "x", "tagline": "", "donate_text": ""}
    words = {name: rich_text("NONE", 0) for name in ("introduction", "footer_text", "help_line")}
    fields |= {**words, "body": streamfield([]), "comments": inline_formset([]), "help_page": ""}
    fields |= {"seo_title": "", "search_description": "", "go_live_at": "", "expire_at": ""}
    fields |= {"people": "none", "story_people": inline_formset([])}
    fields["featured_stories"] = inline_formset([])

    def post(**changes):
        return writer.post(edit_address(home), nested_form_data(fields | changes))

    assert_refused_choice(post(help_page=str(hidden.pk)), "help_page")
    assert_refused_choice(post(footer_text=rich_text("LINK", hidden.pk)), "footer_text")
    response = post(featured_stories=inline_formset([{"story": hidden.pk}]))
    assert response.context["form"].formsets["featured_stories"].errors == [{"story": [REFUSED]}]
    assert SECRET.lower() not in text_of(response).lower()
    assert post(featured_stories=inline_formset([{"story": own.live.pk}])).status_code == 302
    assert not FeaturedStory.objects.filter(story=hidden.pk).exists()


# --- Snippets, settings, redirects, promoted results ----------------------------------------------


@pytest.mark.sqlite_only
def test_picture_of_an_author_is_one_that_its_editor_may_choose(writer, own, elsewhere):
    permit(writer, own)
    add = "/admin/snippets/stories/author/add/"
    author = Author.objects.create(name="Somebody")
    addresses = [add, f"/admin/snippets/stories/author/edit/{author.pk}/"]
    for address in addresses:
        assert_refused_choice(writer.post(address, author_form(elsewhere.image)), "picture")
    assert not Author.objects.exclude(picture=None).exists()
    for address in addresses:
        assert writer.post(address, author_form(own.image)).status_code == 302
    assert Author.objects.filter(picture=own.image).count() == 2


@pytest.mark.sqlite_only
def test_picture_of_an_author_needs_somebody_who_may_publish(writer, own):
    author = Author.objects.create(name="Somebody")
    addresses = ["add/", f"edit/{author.pk}/", f"copy/{author.pk}/"]
    addresses = [f"/admin/snippets/stories/author/{address}" for address in addresses]
    for address in addresses:
        response = writer.post(address, author_form(own.image))
        assert list(response.context["form"].errors) == ["picture"]
        assert "only somebody who may publish" in text_of(response)
    assert not Author.objects.exclude(picture=None).exists()
    # A picture that somebody else chose can stay or be removed.
    Author.objects.filter(pk=author.pk).update(picture=own.image)
    assert writer.post(addresses[1], author_form(own.image)).status_code == 302
    assert writer.post(addresses[1], author_form()).status_code == 302
    assert writer.post(addresses[1], author_form(own.image)).status_code == 200


@pytest.mark.sqlite_only
def test_settings_store_only_what_their_editor_may_choose(writer, own, elsewhere):
    permit(writer, own, "home.change_sitesettings", publish=False)
    address = f"/admin/settings/home/sitesettings/{Site.objects.get().pk}/"
    form = {"organisation_name": "x", "palette": "earth", "leave_url": "https://example.org/"}
    form |= {"donate_url": "", "contact_email": "", "robots": "all", "social_links-count": "0"}
    response = writer.post(address, form | {"logo": own.image.pk})
    assert "only somebody who may publish" in response.context["form"].errors["logo"][0]
    permit(writer, own)
    assert_refused_choice(writer.post(address, form | {"logo": elsewhere.image.pk}), "logo")
    assert writer.post(address, form | {"logo": own.image.pk}).status_code == 302
    assert SiteSettings.objects.get().logo == own.image


@pytest.mark.sqlite_only
def test_redirect_leads_only_where_its_editor_may_link(writer, own, elsewhere):
    permit(writer, own, "wagtailredirects.add_redirect", "wagtailredirects.change_redirect")
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
    permit(writer, own, *codenames, publish=False)

    def form(page, **more):
        row = {"page": page.pk, "description": "", "external_link_url": "", "external_link_text": ""} | more
        formset = inline_formset([row], initial=int("id" in more))  # a row with an ID is stored already
        return nested_form_data({"query_string": "words", "editors_picks": formset})

    add = reverse("wagtailsearchpromotions:add")
    response = writer.post(add, form(elsewhere.draft))
    assert response.context["searchpicks_formset"].errors[0]["page"] == [REFUSED]
    assert SECRET.lower() not in text_of(response).lower()
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
    permit(writer, own)
    private = builders.make_private(builders.make_index(elsewhere.index, f"{SECRET} section"))
    for page in (elsewhere.draft, private):
        for address, form in parent_forms(own.draft, page.pk):
            response = writer.post(address, form)
            assert response.status_code == 200, address
            assert SECRET.lower() not in text_of(response).lower(), address
    assert not Page.objects.filter(slug="x").exists()
    for address, form in parent_forms(own.draft, own.index.pk):
        assert writer.post(address, form).status_code == 302, address


def test_invalid_parent_id_is_an_error_of_the_form(writer, own):
    permit(writer, own)
    for absurd in ("", str(10**6), *INVALID_IDS):
        forms = parent_forms(own.draft, absurd)
        # The widgets of all forms read an ID in the same way, so one form tries all IDs.
        for address, form in forms if absurd in {str(10**6), "x"} else forms[-1:]:
            assert writer.post(address, form).status_code in {200, 404}, address
