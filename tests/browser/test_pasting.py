"""Tables that are pasted from Word and Excel in a browser, and links alone on a line.

The tests in test_pasted_documents.py paste whole documents.
"""

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.measures import PASTE

pytestmark = pytest.mark.sqlite_only

# What Word and a spreadsheet put into the clipboard.
FROM_WORD = """<html><body><!--StartFragment--><h1>Before.</h1><table class=MsoTableGrid>
<tr><td><p class=MsoNormal>Year</p></td><td><p class=MsoNormal>People</p></td></tr>
<tr><td rowspan=2><p class=MsoNormal>2024</p></td><td><p class=MsoNormal><del>10 </del>11</p></td></tr>
<tr><td><p class=MsoNormal>12</p></td></tr>
</table><h6>Below.</h6><p>After.</p><!--EndFragment--></body></html>"""
FROM_EXCEL = "Year\tPeople\r\n2024\t11\r\n2025\t\r\n"


def test_tables(tab, live_server, without_autosaves):
    story = builders.make_story("Counted", live=False, body=[])
    admin.go_to_editor(tab, live_server.url, story)
    paste_tables(tab, admin.add_block(tab, "Table"))
    with tab.expect_navigation():
        admin.footer(tab, "Save draft")

    story.refresh_from_db()
    [table] = story.get_latest_revision_as_object().body.raw_data
    expect_pasted_tables(table["value"])


def paste_tables(tab, table):
    caption = table.get_by_label("Caption")
    # Two cells more than a table may have: MAX_CELLS in table_block.js.
    caption.evaluate(PASTE, ["", "a\tb\n" * 1001])
    expect(tab.get_by_role("status")).to_contain_text("too large to paste")
    # Few cells, in a table that is wide and high.
    caption.evaluate(PASTE, ["", "a\n" * 100 + "b\t" * 100])
    expect(table.get_by_placeholder("Column heading")).to_have_count(0)

    assert caption.evaluate(PASTE, ["", FROM_EXCEL]), "nothing tells the autosave of the cells"
    expect(table.get_by_placeholder("Column heading")).to_have_count(2)
    table.locator("tbody input[type=text]").last.evaluate(PASTE, [FROM_WORD, "Year People 2024 11"])
    caption.evaluate(PASTE, ["", "One line of words"])  # no table, so nothing changes in the table
    # Then the editor adds a column and a row.
    table.get_by_role("button", name="Add column").click()
    tab.get_by_role("button", name="Text", exact=True).click()
    table.get_by_placeholder("Column heading").last.fill("Source")
    table.get_by_role("button", name="Add row").click()
    table.locator("tbody input[type=text]").last.fill("A report")


def expect_pasted_tables(value):
    assert [column["heading"] for column in value["columns"]] == ["Year", "People", "", "Source"]
    assert [row["values"] for row in value["rows"]] == [
        ["2024", "11", "", ""],
        ["2025", "Year", "People", ""],
        ["", "2024", "11", ""],
        ["", "", "12", ""],
        ["", "", "", "A report"],
    ]


def test_links_alone_on_a_line(tab, live_server, without_autosaves):
    """A link to a video or a public story alone on a line can become a block, and others can't."""
    public, draft = builders.make_story("Public"), builders.make_story("Not public", live=False)
    paths = [public.url, public.url.replace(public.slug, draft.slug)]
    lines = ["Before.", "https://vimeo.com/1", "https://example.org/a", "See https://youtu.be/2"]
    words = "".join(f"<p>{line}</p>" for line in lines)
    links = "".join(f'<p><a href="{live_server.url}{path}">Read</a></p>' for path in paths)
    story = builders.make_story("Linked", live=False, body=[("text", f"{words}{links}<p>After.</p>")])
    admin.go_to_editor(tab, live_server.url, story)
    text = admin.blocks(tab).first
    text.get_by_role("textbox").click()
    tab.get_by_role("textbox", name="Title*").focus()
    chosen = text.get_by_role("button", name="Make it a chosen story: Public")
    expect(chosen).to_be_visible()
    expect(text.get_by_role("status").first).to_have_text("A link alone on a line: https://vimeo.com/1")
    expect(text.get_by_role("button", name="Make it a")).to_have_count(2)
    chosen.press("Enter")
    expect(admin.blocks(tab)).to_have_count(3)
    text.get_by_role("button", name="Make it a Video block").press("Enter")
    expect(admin.blocks(tab)).to_have_count(5)
    expect(tab.get_by_role("textbox", name="Address*")).to_have_value("https://vimeo.com/1")
    expect(tab.get_by_role("region", name="Story * Public")).to_be_visible()
