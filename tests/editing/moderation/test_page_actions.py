"""Copies, moves and publishing from lists: what is hidden or incomplete stays so.

A bulk move keeps the tree below the chosen pages, and refuses pages with the same address.
"""

import datetime

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, Workflow

from stories.models import StoryPage
from tests.support import choosing, translators
from tests.support.builders import make_index, make_private, make_story, make_user, story_form

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def copy(client, page, **fields):
    """Post the form that copies `page` below its parent. Return the copy, or None if none was made."""
    form = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": page.get_parent().pk}
    client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), form | fields)
    return Page.objects.filter(slug="copy").first()


def test_pages_are_copied_only_if_all_may_be_edited(client):
    """The copy would have their drafts. A page itself may be shown, because it is public."""
    section = make_index(make_index(), "Section")
    user = translators.make_editor(section, permissions=["add_page"])
    top = make_index(section, "List", owner=user)
    draft = make_story("Of somebody else", make_index(top, "Inner", owner=user), live=False)
    client.force_login(user)
    assert copy(client, make_story("Public", section)) is None
    assert copy(client, top, copy_subpages="on") is None
    copy(client, top).delete()  # The page at the top alone may be copied.
    Page.objects.filter(pk=draft.pk).update(owner=user)
    assert copy(client, top, copy_subpages="on").get_descendants().count() == 2


@pytest.mark.parametrize("copied", ["list", "story"])
@pytest.mark.parametrize("hidden", ["list", "section", None])
def test_copy_of_a_hidden_page_is_a_draft(client, hidden, copied):
    """The user may edit the section with the list and the story, and copies to a list that is public."""
    section = make_index(make_index(), "Section")
    above = make_index(section, "List")
    pages = {"section": section, "list": above, "story": make_story("Below", above)}
    to = make_index(make_index(), "To")
    if hidden:
        make_private(pages[hidden])
    client.force_login(make_user("Moderators"))
    made = copy(client, pages[copied], copy_subpages="on", publish_copies="on", new_parent_page=to.pk)
    live = made.get_descendants(inclusive=True).filter(live=True)
    assert live.count() == (0 if hidden else {"list": 2, "story": 1}[copied])


def bulk_move(client, *pages, to):
    """Move `pages` below `to` with the bulk action. Return the addresses of all pages below `to` then."""
    ids = "&".join(f"id={page.pk}" for page in pages)
    client.post(f"/admin/bulk/wagtailcore/page/move/?{ids}&next=/admin/", {"chooser": to.pk})
    return [page.url_path for page in Page.objects.descendant_of(to).order_by("path")]


@pytest.mark.parametrize("order", [1, -1])
def test_page_that_is_chosen_with_the_page_above_it_moves_with_that(admin_client, order):
    top = make_index()
    section, to = make_index(top, "Section"), make_index(top, "To")
    chosen = [section, make_story("Chosen", section)]
    make_story("Other", section)
    addresses = [f"{to.url_path}section/{end}" for end in ("", "chosen/", "other/")]
    assert bulk_move(admin_client, *chosen[::order], to=to) == addresses
    assert not any(Page.find_problems())


def test_pages_with_the_same_address_are_not_moved_to_one_place(admin_client):
    top = make_index()
    to = make_index(top, "To")
    pages = [make_story("Same", make_index(top, title)) for title in ("A", "B")]
    assert bulk_move(admin_client, *pages, to=to) == []
    assert "already in use" in admin_client.get("/admin/").text


# --- Incomplete drafts -----------------------------------------------------------------------------

# Fields of drafts in which something is missing.
INCOMPLETE = {
    "no date and summary": {"date": None, "summary": ""},
    "no body": {"body": []},
    "empty heading": {"body": [{"type": "heading", "value": {"text": "", "level": "2"}}]},
}


@pytest.fixture
def incomplete():
    """A draft for each of INCOMPLETE."""
    return [make_story(title, live=False, **missing) for title, missing in INCOMPLETE.items()]


def publish_from_list(client, *pages):
    ids = "&".join(f"id={page.pk}" for page in pages)
    address = f"/admin/bulk/wagtailcore/page/publish/?{ids}&next=/admin/desk/waiting/"
    assert client.get(address).status_code == 200  # the page that asks for the confirmation
    return client.post(address, {"include_descendants": "on"}, follow=True)


def are_live(*stories):
    """Return for each of `stories` whether it is live."""
    return [StoryPage.objects.get(pk=story.pk).live for story in stories]


def test_complete_drafts_are_published_from_a_list_and_incomplete_ones_are_not(moderator, incomplete):
    section = make_index(make_index(), "Section", live=False)
    drafts = [make_story(live=False), make_story("Below", section, live=False)]
    # A draft that is chosen with the page above it is published once.
    response = publish_from_list(moderator, section, *drafts, *incomplete)
    assert are_live(*drafts, *incomplete) == [True] * 2 + [False] * 3
    assert PageLogEntry.objects.filter(page=drafts[1].pk, action="wagtail.publish").count() == 1
    for story in incomplete:
        assert f"Something is missing here: {story.title}." in response.text
    assert publish_from_list(moderator, make_index()).status_code == 200  # the section above them
    assert not any(are_live(*incomplete))


def test_story_in_moderation_stays_complete(moderator):
    """The form is validated, because the approval publishes the story without validation."""
    story = make_story("A story", live=False)
    Workflow.objects.get().start(story, make_user("Editors"))
    for fields, errors in (
        ({"date": "", "summary": "", "body": ()}, ["body", "date", "summary"]),
        ({"body": [("heading", {"text": "", "level": "2"})]}, ["body"]),
    ):
        response = moderator.post(choosing.edit_address(story), story_form(**fields))
        assert sorted(response.context["form"].errors) == errors


def test_incomplete_story_does_not_stop_other_scheduled_stories(moderator, incomplete, time_machine):
    soon = timezone.now() + datetime.timedelta(hours=1)
    for story in incomplete:
        story.go_live_at = soon
        story.save_revision(clean=False)
    publish_from_list(moderator, *incomplete)
    complete = make_story("Complete", live=False, go_live_at=soon)
    complete.save_revision().publish()

    time_machine.move_to(soon + datetime.timedelta(minutes=5))
    call_command("publish_scheduled")

    assert are_live(complete, *incomplete) == [True, False, False, False]
