"""The page editor in a browser: preview, publish, comment, submit and approve."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe
from tests.support.site import make_rich_story

pytestmark = pytest.mark.sqlite_only

TITLE = "The bricks that were never paid for"


@pytest.fixture
def open_editor(new_page, live_server):
    """A function that opens `page` in the page editor as `user`."""

    def open_page(user, page):
        tab = admin.open_tab(new_page)
        admin.open_editor(tab, live_server.url, user, page)
        return tab

    return open_page


def test_draft_with_nothing_but_a_title_is_saved_and_not_published(new_page, live_server, moderator):
    index = builders.make_index()
    tab = admin.open_tab(new_page)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(f"{live_server.url}/admin/pages/add/stories/storypage/{index.pk}/")
    expect(tab.get_by_role("textbox", name="Date*")).to_have_value(f"{timezone.localdate()}")
    tab.get_by_role("textbox", name="Title*").fill(TITLE)
    admin.add_block(tab, "Quote").get_by_label("Who said it").fill("A survivor in Kenya")

    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_role("status")).to_contain_text(f"Page '{TITLE}' ")
    admin.footer(tab, "Publish")

    expect(tab.get_by_role("status")).to_contain_text("could not be saved due to validation errors")
    expect(admin.field(tab, "Summary*")).to_contain_text("This field is required.")
    expect(admin.blocks(tab).first).to_contain_text("This field is required.")
    expect(tab.get_by_label("Who said it")).to_have_value("A survivor in Kenya")
    assert StoryPage.objects.get(title=TITLE).live is False


def test_preview_shows_the_story_at_three_sizes_and_runs_the_checks(open_editor, moderator, allow_errors):
    allow_errors.append("axe.run results")  # Wagtail's checker logs what it finds
    skips_a_level = [
        {"type": "heading", "value": {"text": "What the court said", "level": "4"}},
        {"type": "text", "value": "<p>The court heard the families.</p>"},
    ]
    story = builders.make_story("Carried away", body=skips_a_level, live=False)
    # The checks leave out the site's footer and the links to other stories below the story.
    home = builders.home_page()
    home.footer_text = "<p>We are a charity.</p>"
    home.save_revision().publish()
    builders.make_story("Another story")
    tab = open_editor(moderator, story)

    tab.get_by_role("button", name="Toggle preview").click()

    frame = tab.frame_locator("#w-preview-iframe")
    expect(frame.get_by_role("heading", name="Carried away")).to_be_visible()
    expect(frame.get_by_text("The court heard the families.")).to_be_visible()
    # The widths are Wagtail's.
    for size, width in [("Preview in mobile size", 375), ("Preview in tablet size", 768)]:
        tab.get_by_label(size).check(force=True)
        expect(frame.locator("html")).to_have_js_property("clientWidth", width)
    tab.get_by_label("Preview in desktop size").check(force=True)
    expect(frame.locator("html")).to_have_js_property("clientWidth", 1280)

    # Before the title changes: the checks can hang for a minute if the preview is replaced during them.
    tab.get_by_role("button", name="Toggle checks").click()
    checks = tab.get_by_role("complementary", name="Checks")
    expect(checks.get_by_role("heading", name="Incorrect heading hierarchy")).to_be_visible()
    expect(checks.locator("[data-content-checker-count]")).to_have_text("1")
    expect(checks.locator("[data-content-word-count]")).to_have_text("9")

    tab.get_by_role("button", name="Toggle preview").click()
    tab.get_by_role("textbox", name="Title*").fill("Carried home")
    expect(frame.get_by_role("heading", name="Carried home")).to_be_visible()


def test_checks_find_nothing_in_a_story_with_all_blocks(open_editor, moderator):
    tab = open_editor(moderator, make_rich_story(builders.make_index()))
    tab.get_by_role("button", name="Toggle preview").click()
    expect(tab.frame_locator("#w-preview-iframe").get_by_role("main")).to_be_visible()

    tab.get_by_role("button", name="Toggle checks").click()

    checks = tab.get_by_role("complementary", name="Checks")
    expect(checks.locator("[data-content-word-count]")).not_to_have_text("-")
    expect(checks.locator("[data-content-checker-count]")).to_have_text("0")
    expect(checks.locator("[data-checks-panel]")).to_have_text("")


def test_editors_leave_comments_and_autosaves_of_one_session_share_a_few_revisions(open_editor, moderator):
    story = builders.make_story("Saved again and again", live=False)
    tab = open_editor(moderator, story)
    expect_contrast_in_the_text_toolbar(tab)
    leave_a_comment(tab, admin.field(tab, "Summary*"), "Does she agree to this sentence?")
    comment = story.wagtail_admin_comments.get()
    assert comment.text == "Does she agree to this sentence?"
    assert (comment.contentpath, comment.user) == ("summary", moderator)

    admin.expect_editor(tab)
    before = story.revisions.count()
    summary = tab.get_by_role("textbox", name="Summary*")
    for burst in range(4):
        admin.type_until_autosaved(tab, summary, f" Burst {burst}.")
    expect(tab.get_by_text("Saved", exact=True)).to_be_visible()
    tab.get_by_role("link", name="History").click()
    tab.wait_for_url("**/history/")
    # The four autosaves would be four new revisions, if each did not overwrite the last one of the session.
    assert 1 <= tab.get_by_role("table").get_by_text("Draft saved").count() <= 3
    assert story.revisions.count() - before <= 2
    story.refresh_from_db()
    latest = story.get_latest_revision_as_object()
    assert "Burst 0." in latest.summary and "Burst 3." in latest.summary


def expect_contrast_in_the_text_toolbar(tab):
    text = admin.blocks(tab).first.get_by_role("textbox")
    text.click()
    text.press("Control+a")
    button = tab.locator(".Draftail-FloatingToolbar .Draftail-CommentControl button")
    expect(button).to_be_visible()
    colours = button.evaluate(
        "(e) => [getComputedStyle(e).color, getComputedStyle(e.closest('.Draftail-FloatingToolbar')).color]"
    )
    assert colours[0] == colours[1], "that of the other buttons"
    assert run_axe(tab, {"runOnly": ["color-contrast"]}) == []
    tab.get_by_role("textbox", name="Title*").click()
    expect(button).to_be_hidden()


def leave_a_comment(tab, field, words):
    """Comment on `field`, and save the draft."""
    field.hover()
    field.get_by_role("button", name="Add comment").click()
    tab.get_by_placeholder("Enter your comments...").fill(words)
    # The comment moves beside its field and takes focus. A click or a key could miss the button.
    tab.get_by_role("button", name="Comment", exact=True).dispatch_event("click")
    # A script writes the comment into the form a moment after it is shown.
    expect(tab.locator("[name=comments-0-text]")).to_have_value(words)
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_role("status")).to_contain_text("has been updated")


# Wagtail 8.0 sends mail with a function that is deprecated in Django 6.1.
def test_editor_submits_and_moderator_approves_a_schedule_and_cancels_it(
    open_editor, new_page, live_server, moderator
):
    editor = builders.make_user("Editors", first_name="Amina", last_name="Diallo")
    story = builders.make_story("Waiting for approval", live=False, date=datetime.date(2025, 6, 1))
    story.go_live_at = timezone.now() + datetime.timedelta(days=3)
    story.save_revision()
    tab = open_editor(editor, story)
    tab.get_by_role("button", name="More actions").click()
    expect(tab.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    tab.get_by_role("button", name="Submit to Moderators approval").click()
    expect(tab.get_by_role("status")).to_contain_text("has been submitted for moderation")

    other_tab = admin.open_tab(new_page)
    admin.give_session(other_tab, live_server.url, moderator)
    other_tab.goto(f"{live_server.url}/admin/")
    expect(other_tab.get_by_role("heading", name="Waiting for you (1)")).to_be_visible()
    other_tab.get_by_role("link", name="Waiting for approval").click()
    expect(other_tab.get_by_role("status")).to_contain_text("Amina Diallo sent this page for approval")
    foot = other_tab.get_by_role("navigation", name="Actions (footer)")
    foot.get_by_role("button", name="Approve").first.click()
    expect(other_tab.get_by_role("status")).to_contain_text("is approved, and goes live on")

    admin.open_editor(other_tab, live_server.url, moderator, story)
    with other_tab.expect_navigation():
        other_tab.get_by_role("button", name="Cancel scheduled publish").click()
    admin.open_editor(other_tab, live_server.url, moderator, story)
    admin.footer(other_tab, "Publish")
    expect(other_tab.get_by_role("status")).to_contain_text("has been published")
    visitor = new_page()
    visitor.goto(live_server.url + story.url)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Waiting for approval")
