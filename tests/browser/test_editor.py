"""The page editor in a browser: choose a block, preview, check, comment, submit and approve."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe
from tests.support.measures import LOOK
from tests.support.site import make_rich_story

pytestmark = pytest.mark.sqlite_only

TITLE = "The bricks that were never paid for"


def test_story_that_lacks_something_is_not_published_and_is_shown_as_it_was_written(tab, live_server):
    tab.goto(live_server.url)
    look = tab.evaluate(LOOK)
    tab.open(f"pages/add/stories/storypage/{builders.make_index().pk}/")
    expect(tab.get_by_role("textbox", name="Date*")).to_have_value(f"{timezone.localdate()}")
    tab.get_by_role("textbox", name="Title*").fill(TITLE)
    add_quote_after_its_preview(tab, look)
    tab.get_by_label("Who said it").fill("A survivor in Kenya")

    admin.footer(tab, "Publish")

    expect(tab.get_by_role("status")).to_contain_text("Not done: something is missing or wrong")
    expect(admin.field(tab, "Summary*")).to_contain_text("This field is required.")
    expect(admin.blocks(tab).last).to_contain_text("This field is required.")
    expect(tab.get_by_label("Who said it")).to_have_value("A survivor in Kenya")
    assert not StoryPage.objects.filter(title=TITLE, live=True).exists()


def add_quote_after_its_preview(tab, look):
    """Choose a block whose preview has the look of the site.

    The tests in tests/stories/test_every_block.py request the preview of each block.
    """
    admin.field(tab, "Body*").get_by_role("button", name="Insert a block").last.click()
    quote = tab.get_by_role("option", name="Quote", exact=True)
    quote.locator("..").get_by_role("button", name="Preview").first.click()
    expect(tab.get_by_text("Somebody's exact words, set apart.")).to_be_visible()
    preview = tab.frame_locator(".w-combobox-preview iframe")
    expect(preview.get_by_text("No one shall be held in slavery")).to_be_visible()
    assert preview.locator("body").evaluate(LOOK) == look
    quote.click()
    expect(admin.blocks(tab)).to_have_count(2)  # with the text that the form begins with


def test_preview_shows_the_story_at_three_sizes_and_the_checks_find_one_fault(tab, live_server, allow_errors):
    allow_errors.append("axe.run results")  # Wagtail's checker logs what it finds
    story = make_rich_story(builders.make_index())
    # The only fault: this heading skips two levels.
    story.body.insert(0, ("heading", {"text": "What the court said", "level": "4"}))
    story.title = "Carried away"
    story.save_revision()
    admin.go_to_editor(tab, live_server.url, story)

    tab.get_by_role("button", name="Toggle preview").click()

    frame = tab.frame_locator("#w-preview-iframe")
    expect(frame.get_by_role("heading", name="Carried away")).to_be_visible()
    expect(frame.get_by_role("heading", name="What the court said")).to_be_visible()
    # The widths are Wagtail's. Its radio buttons have no size, which Playwright takes for hidden: `force`.
    for size, width in [("mobile", 375), ("tablet", 768), ("desktop", 1280)]:
        tab.get_by_label(f"Preview in {size} size").check(force=True)
        expect(frame.locator("html")).to_have_js_property("clientWidth", width)

    # Before the title changes: the checks can hang for a minute if the preview is replaced during them.
    tab.get_by_role("button", name="Toggle checks").click()
    checks = tab.get_by_role("complementary", name="Checks")
    floating = tab.get_by_role("button", name="Collapse all").bounding_box()
    fields = admin.field(tab, "Summary*").bounding_box()
    assert fields["x"] + fields["width"] <= floating["x"], "it covers no field"
    expect(checks.get_by_role("heading", name="Incorrect heading hierarchy")).to_be_visible()
    expect(checks.locator("[data-content-checker-count]")).to_have_text("1")
    words = int(checks.locator("[data-content-word-count]").inner_text())
    body, whole = (len(frame.locator(part).inner_text().split()) for part in ("#main .prose", "#main"))
    assert abs(words - body) < 10 < whole - body, "the words of the body alone are counted"

    tab.get_by_role("button", name="Toggle preview").click()
    tab.locator("#id_title").fill("Carried home")
    expect(frame.get_by_role("heading", name="Carried home")).to_be_visible()


def test_editors_leave_comments_and_autosaves_of_one_session_share_a_revision(tab, live_server, moderator):
    story = builders.make_story("Saved again and again", live=False)
    admin.go_to_editor(tab, live_server.url, story)
    expect_contrast_in_the_text_toolbar(tab)
    field = admin.field(tab, "Summary*")
    field.hover()
    field.get_by_role("button", name="Add comment").click()
    admin.write_a_comment(tab, "Does she agree to this sentence?")
    # Until a click elsewhere, the comment takes the focus back from a field that a script focuses.
    tab.get_by_role("textbox", name="Title*").click()
    expect(admin.chosen_comment(tab)).to_have_count(0)
    before = story.revisions.count()
    summary = tab.get_by_role("textbox", name="Summary*")
    for burst in range(3):
        admin.type_until_autosaved(tab, summary, f" Burst {burst}.")
    expect(tab.get_by_text("Saved", exact=True)).to_be_visible()
    tab.get_by_role("link", name="History").click()
    tab.wait_for_url("**/history/")
    # The history has one line for all autosaves. Each overwrites the revision that the first one made, which
    # `before` may count, if that was the autosave of the comment.
    expect(tab.get_by_role("table").get_by_text("Draft saved")).to_have_count(1)
    assert story.revisions.count() - before <= 1
    story.refresh_from_db()
    latest = story.get_latest_revision_as_object()
    assert "Burst 0." in latest.summary and "Burst 2." in latest.summary
    comment = story.wagtail_admin_comments.get()
    assert comment.text == "Does she agree to this sentence?"
    assert (comment.contentpath, comment.user) == ("summary", moderator)


def expect_contrast_in_the_text_toolbar(tab):
    button = admin.select_text(tab)
    assert run_axe(tab, {"runOnly": ["color-contrast"]}) == []
    tab.get_by_role("textbox", name="Title*").click()
    expect(button).to_be_hidden()
