"""The dashboard, the history, reports, tags and examples tell nothing of what is hidden from their reader."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import GroupPagePermission, Page, PageLogEntry

from stories import previews
from tests.support import admin_world, builders
from tests.support.admin_world import SECRET
from tests.support.choosing import permit, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("store"),
    # Wagtail 8.0 sends mails with a function that is deprecated in Django 6.1.
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]


@pytest.fixture
def own():
    return admin_world.make_section("Own", "Plain")


@pytest.fixture
def other():
    return admin_world.make_section("Other", SECRET)


@pytest.fixture
def editor(client, own):
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client


@pytest.fixture
def administrator():
    client = Client()
    client.user = builders.make_user(is_superuser=True)
    client.force_login(client.user)
    return client


def assert_only_shown_to(administrator, editor, *addresses):
    for address in addresses:
        assert SECRET in text_of(administrator.get(address)), address
        response = editor.get(address)
        assert response.status_code == 200, address
        assert SECRET not in text_of(response), address


def test_tags_of_files_of_other_sections_are_not_suggested(editor, administrator, own, other):
    for section, tag in ((own, "Quiet"), (other, SECRET)):
        section.image.tags.add(tag)
        section.document.tags.add(f"{tag} paper")
    for address in ("/admin/tag-autocomplete/?term=q", "/admin/tag-autocomplete/taggit/tag/?term=q"):
        assert editor.get(address).json() == ["Quiet", "Quiet paper"]
        assert administrator.get(address).json() == ["Quiet", "Quiet paper", SECRET, f"{SECRET} paper"]
    response = editor.get("/admin/images/chooser/")
    assert [tag.name for tag in response.context["popular_tags"]] == ["Quiet"]
    assert_only_shown_to(administrator, editor, "/admin/images/chooser/")


def test_dashboard_and_report_forget_pages_that_were_moved_away(editor, administrator, own, other):
    page = builders.make_story("Mine", own.index, live=False)
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="unlock_page")
    GroupPagePermission.objects.create(group=editor.user.groups.get(), page=own.index, permission=right)
    for client in (editor, administrator):
        Page.objects.filter(pk=page.pk).update(locked=True, locked_by=client.user, locked_at=timezone.now())
        PageLogEntry.objects.log_action(page, "wagtail.edit", user=client.user)
        addresses = ["/admin/", reverse("wagtailadmin_reports:locked_pages")]
        assert all("Mine" in text_of(client.get(address)) for address in addresses)
        if client is editor:
            page.move(other.index, pos="last-child")
            Page.objects.filter(pk=page.pk).update(draft_title=f"{SECRET} now")
            for address in addresses:
                assert f"{SECRET} now" not in text_of(client.get(address)), address
            Page.objects.filter(pk=page.pk).update(draft_title="Mine")


def test_history_has_no_titles_of_hidden_pages(editor, administrator, own, other):
    hidden = builders.make_index(other.index, f"{SECRET} list", live=False)
    page = builders.make_story("Moved", hidden)
    administrator.post(f"/admin/pages/{page.pk}/move/{own.index.pk}/confirm/")
    assert PageLogEntry.objects.filter(page=page.pk, action="wagtail.move").exists()
    addresses = [f"/admin/pages/{page.pk}/history/", reverse("wagtailadmin_reports:site_history")]
    assert_only_shown_to(administrator, editor, *addresses)
    part = builders.make_index(Page.objects.get(pk=own.index.pk), "Part of it")
    administrator.post(f"/admin/pages/{page.pk}/move/{part.pk}/confirm/")
    assert "Moved from &#x27;Own&#x27; to &#x27;Part of it&#x27;" in text_of(editor.get(addresses[0]))


def test_promoted_results_have_no_titles_of_hidden_pages(editor, administrator, own, other):
    permit(editor, own, "wagtailsearchpromotions.change_searchpromotion", publish=False)
    SearchPromotion.objects.create(query=Query.get("words"), page=other.draft)
    assert_only_shown_to(administrator, editor, "/admin/searchpicks/")


def test_examples_of_blocks_are_public_files(own, other):
    assert previews.pictures()["pictures"][0]["image"] is None
    assert previews.document()["document"] is None
    paper = [{"type": "document", "value": {"document": own.document.pk, "title": "x"}}]
    builders.make_story(parent=own.index, lead_image=own.image, lead_image_decorative=True, body=paper)
    assert previews.pictures()["pictures"][0]["image"].pk == own.image.pk
    assert previews.document()["document"] == own.document
