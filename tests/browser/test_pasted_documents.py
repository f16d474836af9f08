"""Documents and pictures that are pasted into the page editor or dropped on it, in a browser."""

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from media.models import CleanImage
from tests.browser import admin
from tests.support import builders
from tests.support.clipboards import read_clipboard
from tests.support.measures import DROP, PASTE_TYPES

pytestmark = pytest.mark.sqlite_only

TABLE = ("table", [["Season", "Bricks"], ["Dry", "1200"]])
BEGINNING = [("h2", "The kiln"), ("p", "They came   the rains."), ("b", "after")]
BAG, NAMES = ("ul 0", "one bag"), ("ul 1", "two names")
NO_PICTURE = ("pictures", [(None, None)])
QUOTE = "We counted the days\r\nby the bricks."
BEHIND = ("text", [("p", "Behind.")])
END = ("text", [("p", "The end."), ("p", "Behind.")])
# What a spreadsheet puts beside its HTML.
CELLS = {"text/plain": "Season\tBricks\r\nDry\t1200\r\n", "image/png": "cells.png"}


@pytest.fixture
def editor(tab, live_server, without_autosaves):
    """The editor of a story with a text for each program. `editor.story`: the story."""
    texts = ["Word", "LibreOffice", "Google", "Excel", "Others"]
    body = [("text", f"<p>{text}. Behind.</p>") for text in texts]
    body.append(("callout", {"text": "<p>Fact. Behind.</p>"}))
    tab.story = builders.make_story("Pasted", live=False, body=body)
    admin.go_to_editor(tab, live_server.url, tab.story)
    return tab


def paste(tab, words, types):
    """Paste `types` behind `words` in the body."""
    text = admin.blocks(tab).get_by_role("textbox").filter(has_text=f"{words}.")
    text.click()
    text.press("Home")
    for _letter in f"{words}.":
        text.press("ArrowRight")
    text.evaluate(PASTE_TYPES, types)


def upload(tab, count):
    """Answer the question of the dialog for `count` pictures, which is asked once."""
    before = CleanImage.objects.count()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("radio", name="A place or a thing").check()
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden()
    # A dialog that opens while the last one fades leaves its backdrop. No person is that quick.
    expect(tab.locator(".modal, .modal-backdrop")).to_have_count(0)
    assert CleanImage.objects.count() == before + count


def messages(tab):
    return tab.locator(".help-warning[role=status]")


def saved_story(tab):
    with tab.expect_navigation():
        admin.footer(tab, "Save draft")
    tab.story.refresh_from_db()
    return tab.story.get_latest_revision_as_object()


def name_of(element):
    """Return the name of `element`; of an item, that of its list, and in how many items the list is."""
    is_item = element.name == "li"
    return f"{element.parent.name} {len(element.find_parents('li'))}" if is_item else element.name


def read(block):
    """Return the type of `block`, which is stored, and what it has."""
    kind, value = block["type"], block["value"]
    if kind == "text":
        found = BeautifulSoup(value, "html.parser").find_all(["h2", "h3", "p", "li", "b", "a"])
        own = [" ".join(each.find_all(string=True, recursive=False)).strip() for each in found]
        return kind, [(name_of(each), words) for each, words in zip(found, own, strict=True)]
    if kind == "pictures":
        pictures = [each["value"]["image"] for each in value["pictures"]]
        widths = {each.pk: each.width for each in CleanImage.objects.all()}
        return kind, [(widths.get(each["image"]), each["alt_text"]) for each in pictures]
    if kind == "table":
        headings = [each["heading"] for each in value["columns"]]
        return kind, [headings, *[row["values"] for row in value["rows"]]]
    return kind, value["text"]


def test_documents(editor):
    """A document becomes blocks in their order, and what the clipboard does not have is named."""
    paste(editor, "Word", read_clipboard("word"))
    upload(editor, 3)
    paste(editor, "LibreOffice", read_clipboard("libreoffice"))
    upload(editor, 2)
    paste(editor, "Google", read_clipboard("google_docs"))
    no_file = messages(editor).get_by_text("The clipboard has no file of this picture. Add it here. Bricks")
    expect(no_file).to_have_count(1)
    paste(editor, "Excel", read_clipboard("excel") | CELLS)
    # Its pictures don't fit to those of its HTML.
    others = read_clipboard("word")
    others["text/rtf"] = (
        others["text/rtf"]
        .replace("jpegblip", "emfblip")
        .replace("HYPERLINK", r"{\pict\pngblip 00}{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 1}}}}")
        # Two that are cropped, whose files are whole.
        .replace("shplid1025", r"{\sp{\sn cropFromTop}{\sv 9}}")
        .replace("bliptag5", "piccropl-300")
    )
    paste(editor, "Others", others)
    expect(messages(editor).filter(has_text="Move these pictures to their places")).to_have_count(1)
    editor.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(messages(editor).get_by_text("Not added: Pasted picture 1", exact=True)).to_have_count(1)
    expect(messages(editor).filter(has_text="what covered a picture in Word is gone")).to_have_count(1)
    stored = saved_story(editor).body.raw_data
    text = str([*stored]).lower()
    assert [word for word in ("deleted", "style", "mso", "span", "<o:") if word in text] == []
    found = [read(block) for block in stored]
    report = ("text", [("p", "See  . It is long."), ("a", "the report")])
    items = [BAG, NAMES, ("ol 0", "the first")]
    word = [("text", [("p", "Word."), *BEGINNING]), ("pictures", [(60, "Bricks in the sun")])]
    word += [("text", items), TABLE, report, ("pictures", [(61, "")]), ("quote", QUOTE)]
    assert found[:9] == [*word, ("pictures", [(62, "")]), END]
    libreoffice = [("text", [("p", "LibreOffice."), *BEGINNING]), ("pictures", [(60, "")])]
    libreoffice += [("text", [BAG, NAMES]), TABLE, ("quote", QUOTE.replace("\r\n", " "))]
    assert found[9:16] == [*libreoffice, ("pictures", [(61, "The road")]), END]
    google = [("text", [("p", "Google."), *BEGINNING]), NO_PICTURE, ("text", [BAG]), TABLE, END]
    assert found[16:21] == google
    assert found[21:24] == [("text", [("p", "Excel.")]), TABLE, BEHIND]
    last = [TABLE, report, ("quote", QUOTE), ("text", [("p", "The end.")]), NO_PICTURE, BEHIND]
    assert found[24:-1] == [("text", [("p", "Others."), *BEGINNING, *items]), *last]


def test_pictures(editor):
    """Pictures go where they are pasted or dropped, what can't be taken is named, and a comment stays."""
    admin.select_text(editor).click()
    admin.write_a_comment(editor, "Is it true?")
    paste(editor, "Word", {"image/png": "screen.png"})
    upload(editor, 1)
    paste(editor, "Fact", read_clipboard("libreoffice"))
    upload(editor, 2)
    admin.field(editor, "Lead picture").evaluate(DROP, ["road.png", "sea.png", "film.pdf"])
    expect(messages(editor).get_by_text("This field takes one picture. Not added: sea.png")).to_be_visible()
    expect(messages(editor).get_by_text("Only pictures can be dropped here.")).to_contain_text("film.pdf")
    upload(editor, 1)
    admin.field(editor, "Title*").evaluate(DROP, ["lake.png"])
    upload(editor, 1)
    story = saved_story(editor)
    assert story.lead_image.title == "road"
    assert editor.story.wagtail_admin_comments.get().contentpath == f"body.{story.body.raw_data[2]['id']}"
    found = [read(block) for block in story.body.raw_data]
    assert found[:3] == [("text", [("p", "Word.")]), ("pictures", [(50, "")]), BEHIND]
    # The rich text of the block can't have pictures. They are in the next block.
    assert "<p" in found[-3][1] and "Season | Bricks</p>" in found[-3][1]
    assert found[-2:] == [("pictures", [(60, ""), (61, "")]), ("pictures", [(60, "")])]
