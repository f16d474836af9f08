"""The admin's first page, the history, reports, tags and block previews show no title of a hidden page.

assert_only_shown_to() also checks that an administrator gets the title at the same address. For the fixtures
`writer`, `own` and `elsewhere`, see tests/editing/conftest.py.
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.log_actions import registry
from wagtail.models import GroupPagePermission, Page, PageLogEntry, Workflow

from stories import previews
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import permit, text_of
from tests.support.files_of_pages import document_block, story_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def assert_only_shown_to(admin_client, writer, *addresses):
    """Assert that `admin_client` gets SECRET at all `addresses`, and `writer` does not."""
    for address in addresses:
        assert SECRET in text_of(admin_client.get(address)), address
        response = writer.get(address)
        assert response.status_code == 200, address
        assert SECRET not in text_of(response), address


def test_tags_of_files_of_other_sections_are_not_suggested(writer, admin_client, own, elsewhere):
    for section, tag in ((own, "Quiet"), (elsewhere, SECRET)):
        section.image.tags.add(tag)
        section.document.tags.add(f"{tag} paper")
    for address in ("/admin/tag-autocomplete/?term=q", "/admin/tag-autocomplete/taggit/tag/?term=q"):
        assert writer.get(address).json() == ["Quiet", "Quiet paper"]
        assert admin_client.get(address).json() == ["Quiet", "Quiet paper", SECRET, f"{SECRET} paper"]
    response = writer.get("/admin/images/chooser/")
    assert [tag.name for tag in response.context["popular_tags"]] == ["Quiet"]
    assert_only_shown_to(admin_client, writer, "/admin/images/chooser/")


def test_first_page_and_report_show_no_pages_that_were_moved_away(writer, own, elsewhere):
    page = builders.make_story("Mine", own.index, live=False)
    permit(writer, own, publish=False, pages=["unlock_page"])
    Page.objects.filter(pk=page.pk).update(locked=True, locked_by=writer.user, locked_at=timezone.now())
    PageLogEntry.objects.log_action(page, "wagtail.edit", user=writer.user)
    addresses = ["/admin/", reverse("wagtailadmin_reports:locked_pages")]
    assert all("Mine" in text_of(writer.get(address)) for address in addresses)
    page.move(elsewhere.index, pos="last-child")
    for address in addresses:
        assert "Mine" not in text_of(writer.get(address)), address


def test_first_page_shows_no_submitted_pages_that_were_moved_away(writer, own, elsewhere):
    page = builders.make_story("Mine", own.index, live=False)
    Workflow.objects.get().start(page, writer.user)
    assert "Mine" in text_of(writer.get("/admin/"))
    page.move(elsewhere.index, pos="last-child")
    assert "Mine" not in text_of(writer.get("/admin/"))


def test_first_page_counts_the_pages_of_ones_own_sections(writer, admin_client, own, elsewhere):
    """Otherwise the number would tell of each page that somebody adds or deletes in a hidden section."""
    mine = [own.index, own.draft]
    second = builders.make_index(Page.objects.get(slug="stories"), "Second")
    # For a user with two sections, Wagtail counts all pages below the page above both, also `elsewhere`.
    GroupPagePermission.objects.create(
        group=writer.user.groups.get(), page=second, permission=Permission.objects.get(codename="change_page")
    )
    everything = Page.objects.filter(depth__gt=1).exclude(pk=elsewhere.trashed.page_id)
    for client, pages in ((writer, [*mine, second]), (admin_client, everything)):
        link = builders.parse(client.get("/admin/")).select_one(".w-summary a[href^='/admin/pages/']")
        assert link.text.split()[0] == str(len(pages))


def test_history_has_no_titles_of_hidden_pages(writer, admin_client, own, elsewhere):
    hidden = builders.make_index(elsewhere.index, f"{SECRET} list", live=False)
    page = builders.make_story("Moved", hidden)
    admin_client.post(f"/admin/pages/{page.pk}/move/{own.index.pk}/confirm/")
    assert PageLogEntry.objects.filter(page=page.pk, action="wagtail.move").exists()
    addresses = [f"/admin/pages/{page.pk}/history/", reverse("wagtailadmin_reports:site_history")]
    assert_only_shown_to(admin_client, writer, *addresses)
    part = builders.make_index(Page.objects.get(pk=own.index.pk), "Part of it")
    admin_client.post(f"/admin/pages/{page.pk}/move/{part.pk}/confirm/")
    assert "Moved from &#x27;Own&#x27; to &#x27;Part of it&#x27;" in text_of(writer.get(addresses[0]))


def test_no_message_in_the_history_has_a_title_of_another_page():
    """Outside of a request no title may be shown. The test includes actions that Wagtail adds later."""
    story = builders.make_story()
    other = {"id": story.pk + 1, "title": SECRET}
    data = {"source": other, "destination": other, "source_locale": {"language_code": "en"}}
    entry = PageLogEntry(page=story, data=data)
    registry.scan_for_actions()
    formatters = registry.formatters.items()
    messages = {name: str(formatter.format_message(entry)) for name, formatter in formatters}
    assert len(messages) > 40
    assert {name: message for name, message in messages.items() if SECRET in message} == {}


def test_promoted_results_have_no_titles_of_hidden_pages(writer, admin_client, own, elsewhere):
    permit(writer, own, "wagtailsearchpromotions.change_searchpromotion", publish=False)
    SearchPromotion.objects.create(query=Query.get("words"), page=elsewhere.draft)
    assert_only_shown_to(admin_client, writer, "/admin/searchpicks/")


def test_examples_of_blocks_are_public_files(own):
    assert own.draft.lead_image == own.image  # A draft shows the picture and the document.
    assert previews.pictures()["pictures"][0]["image"] is None
    assert previews.document()["document"] is None
    story_with(own.image, parent=own.index, body=document_block(own.document))
    assert previews.pictures()["pictures"][0]["image"].pk == own.image.pk
    assert previews.document()["document"] == own.document
