"""Pasting from Word and Excel in a browser, into the block Table, and into the block Text.

The block Table takes pasted tables. The block Text keeps headings, and makes a line of each row of a table.
"""

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only

FROM_WORD = """<html><body><!--StartFragment--><h1>Before.</h1><table class=MsoTableGrid>
<tr><td><p class=MsoNormal>Year</p></td><td><p class=MsoNormal>People</p></td></tr>
<tr><td rowspan=2><p class=MsoNormal>2024</p></td><td><p class=MsoNormal>11</p></td></tr>
<tr><td><p class=MsoNormal>12</p></td></tr>
</table><h6>Below.</h6><p>After.</p><!--EndFragment--></body></html>"""
FROM_EXCEL = "Year\tPeople\r\n2024\t11\r\n2025\t\r\n"

# Pastes HTML, if there is any, and text into an element.
PASTE = """(element, [html, text]) => {
    const data = new DataTransfer();
    if (html) data.setData("text/html", html);
    data.setData("text/plain", text);
    element.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def tab(new_page, live_server):
    """The page editor with a draft, of a user who may publish."""
    tab = admin.open_tab(new_page)
    story = builders.make_story("Counted", live=False, body=[])
    admin.open_editor(tab, live_server.url, builders.make_user("Moderators"), story)
    tab.story = story
    return tab


def saved_body(tab):
    """Save the draft, and return the raw blocks of its body."""
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save draft").click()
    tab.story.refresh_from_db()
    return list(tab.story.get_latest_revision_as_object().body.raw_data)


def test_text_keeps_headings_and_the_rows_of_a_table(tab):
    text = admin.add_block(tab, "Text")

    text.get_by_role("textbox").evaluate(PASTE, [FROM_WORD, "Before. Year People 2024 11 Below. After."])
    admin.wait_until_kept(text, "2024 | 11")

    # This is no table, so it goes where the cursor is: behind the last word.
    text.get_by_role("textbox").evaluate(PASTE, ["<p>The end.<!-- <table> --></p>", "The end."])
    admin.wait_until_kept(text, "The end.")

    [block] = saved_body(tab)
    words = block["value"]
    for line in ("Year | People", "2024 | 11", "After.The end."):
        assert f">{line}</p>" in words
    assert ">Before.</h2>" in words and ">Below.</h4>" in words  # the block has headings of levels 2 to 4
    assert "<table" not in words


def test_table_takes_a_table(tab):
    table = admin.add_block(tab, "Table")
    caption = table.get_by_label("Caption")

    caption.evaluate(PASTE, ["", FROM_EXCEL])
    expect(table.get_by_placeholder("Column heading")).to_have_count(2)
    table.locator("tbody input[type=text]").last.evaluate(PASTE, [FROM_WORD, "Year People 2024 11"])
    caption.evaluate(PASTE, ["", "One line of words"])  # no table, so nothing changes in the table
    # Then the editor adds a column and a row.
    table.get_by_role("button", name="Add column").click()
    tab.get_by_role("button", name="Text", exact=True).click()
    table.get_by_placeholder("Column heading").last.fill("Source")
    table.get_by_role("button", name="Add row").click()
    table.locator("tbody input[type=text]").last.fill("A report")

    [block] = saved_body(tab)
    value = block["value"]
    assert [column["heading"] for column in value["columns"]] == ["Year", "People", "", "Source"]
    assert [row["values"] for row in value["rows"]] == [
        ["2024", "11", "", ""],
        ["2025", "Year", "People", ""],
        ["", "2024", "11", ""],
        ["", "", "12", ""],
        ["", "", "", "A report"],
    ]


def test_table_that_is_too_large_is_refused(tab):
    table = admin.add_block(tab, "Table")

    table.get_by_label("Caption").evaluate(PASTE, ["", "a\tb\n" * 1001])

    expect(tab.get_by_role("status")).to_contain_text("too large to paste")
    # Few cells, in a table that is wide and high.
    table.get_by_label("Caption").evaluate(PASTE, ["", "a\n" * 100 + "b\t" * 100])
    expect(table.get_by_placeholder("Column heading")).to_have_count(0)
