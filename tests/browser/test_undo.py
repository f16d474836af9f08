"""The page editor brings back what was deleted, and Ctrl+Z changes nothing that is out of sight."""

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe
from tests.support.measures import PASTE

pytestmark = pytest.mark.sqlite_only


def content(page):
    """Return what the test deletes: words, pictures and countries."""
    galleries = [block.value["pictures"] for block in page.body if block.block_type == "pictures"]
    pictures = [picture["image"].title for gallery in galleries for picture in gallery]
    words = page.body.stream_block.get_searchable_content(page.body)
    return words, pictures, [link.country_id for link in page.story_countries.all()]


def test_what_was_deleted_comes_back(tab, live_server):
    body = [
        {"type": "text", "value": "<p>She left at night.</p>"},
        builders.pictures_block(*[builders.make_image(title) for title in ("Road", "Kiln")]),
        {"type": "heading", "value": {"text": "The road", "level": "2"}},
    ]
    story = builders.make_story("Kept", live=False, countries=["KE", "SN"], body=body)
    before = story.latest_revision.as_object()
    admin.go_to_editor(tab, live_server.url, story)
    countries, gallery = admin.field(tab, "Countries"), admin.blocks(tab).nth(1)
    delete(gallery.locator("[data-streamfield-list-container] > [data-streamfield-child]").first)
    expect(gallery.get_by_role("button", name="Undo: ")).to_be_focused()
    delete(admin.blocks(tab).first)
    expect(tab.get_by_text("Deleted: Text, She left at night.")).to_be_visible()
    delete(gallery)
    delete(countries.locator("[data-inline-panel-child]").first)
    expect(countries.get_by_text("Deleted: Kenya")).to_be_visible()
    assert run_axe(tab, within=".undo-deleting") == []
    write(tab, story, "Shorter.")
    assert content(story.get_latest_revision_as_object()) == (["The road", "Section"], [], ["SN"])

    for _each in range(4):
        tab.get_by_role("button", name="Undo: ").locator("visible=true").first.press("Enter")
    expect(countries.get_by_role("button", name="Delete").first).to_be_focused()
    write(tab, story, "Longer.")
    draft = story.get_latest_revision_as_object()
    assert content(draft) == content(before)
    # The version from before the session is in the history, and can be looked at.
    assert list(story.revisions.order_by("pk")) == [before.latest_revision, draft.latest_revision]
    tab.goto(f"{live_server.url}/admin/pages/{story.pk}/revisions/{before.latest_revision_id}/revert/")
    expect(admin.blocks(tab)).to_have_count(3)


def delete(item):
    item.get_by_role("button", name="Delete", exact=True).first.press("Enter")


def write(tab, story, words):
    """Write into the summary, and wait until an autosave has stored it."""
    admin.type_until_autosaved(tab, tab.get_by_role("textbox", name="Summary*"), words)
    story.refresh_from_db()


def test_undo_acts_in_the_field_with_the_focus(tab, live_server, without_autosaves):
    columns = [{"type": "text", "heading": "Year"}, {"type": "link", "heading": ""}]
    value = {"columns": columns, "rows": [{"values": ["2024", "<p>A report.</p>"]}], "caption": "Few"}
    story = builders.make_story("Counted", live=False, body=[{"type": "table", "value": value}])
    admin.go_to_editor(tab, live_server.url, story)
    title, table = tab.get_by_role("textbox", name="Title*"), admin.blocks(tab).first
    title.press("End")
    title.press_sequentially(" twice")
    caption, headings = table.get_by_label("Caption"), table.get_by_placeholder("Column heading")
    caption.press("End")
    table.locator("tbody input[type=text]").evaluate(PASTE, ["", "11\t12\t13\n14\t15\t16"])
    expect(headings).to_have_count(3)
    caption.press_sequentially("er")
    caption.press("Control+z")
    expect(headings).to_have_count(3)
    caption.press("Control+z")
    expect(headings).to_have_count(2)
    expect(table.locator("tbody input[type=text]")).to_have_value("2024")
    expect(table.locator("tbody [role=textbox]")).to_have_text("A report.")
    expect(caption).to_have_value("Few")
    caption.press("Control+z")
    expect(caption).to_be_focused()
    expect(title).to_have_value("Counted twice")
    title.press("Control+z")
    expect(title).to_have_value("Counted")
