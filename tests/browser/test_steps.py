"""A moderator writes and publishes a whole story in few steps, which are counted, and a visitor finds it."""

import re
import sys

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.measures import PASTE

pytestmark = pytest.mark.sqlite_only

# The most steps for a story with eight kinds of block. In Wagtail without this project's changes to the
# editor, such a story took about 115.
MOST_STEPS = 60

TITLE = "The bricks that were never paid for"
SUMMARY = "Three families carried bricks for a whole season, and were shown a debt."
ARRIVAL = ["They came after the rains.", "They made bricks until it was dark.", "A mother asked for wages."]
WAY_OUT = ["A teacher wrote to lawyers.", "What the book called a debt was no debt.", "They farm again."]
QUOTE = "We counted the days by the bricks, and then we stopped counting."
FACT = "Debt bondage is work demanded as the only way to repay a debt."
# What a spreadsheet puts into the clipboard.
TABLE = "Season\tBricks a day\tPaid\r\nDry season\t1200\tNothing\r\nRains\t400\tNothing\r\n"


class Steps:
    """Acts as an editor does, and counts the steps that the editor has to decide on.

    A step is a click, a key that types nothing, or the filling of one field, however long the text is.
    `count`: the steps up to now.
    """

    def __init__(self, page):
        self.page = page
        self.count = 0

    def click(self, target, **options):
        self.count += 1
        target.click(**options)

    def tap(self, target, **options):
        """Click `target`, which is at most one screen away."""
        assert abs(target.bounding_box()["y"]) < 2 * self.page.viewport_size["height"]
        self.click(target, **options)

    def fill(self, target, text):
        self.count += 1
        target.fill(text)

    def press(self, key):
        self.count += 1
        self.page.keyboard.press(key)

    def write(self, target, *texts):
        """Type `texts` into a rich text field. Each Enter between them is a step."""
        self.count += 1
        target.focus()
        for number, text in enumerate(texts):
            if number:
                self.press("Enter")
            self.page.keyboard.insert_text(text)

    def paste(self, target, text):
        """Click in the field `target`, and press the keys that paste."""
        self.click(target)
        self.count += 1
        target.evaluate(PASTE, ["", text])

    def add_block(self, name, index=-1):
        """Add a block at the end of the body, or at its beginning if `index` is 0. Return it: two clicks."""
        number = admin.blocks(self.page).count()
        self.click(admin.field(self.page, "Body*").get_by_role("button", name="Insert a block").nth(index))
        self.click(self.page.get_by_role("option", name=name, exact=True))
        expect(admin.blocks(self.page)).to_have_count(number + 1)
        return admin.blocks(self.page).nth(index)

    def add_term(self, panel, text, name):
        """Type `text` into a field that suggests terms, and click on the suggestion `name`."""
        panel = admin.field(self.page, panel)
        self.fill(panel.get_by_role("combobox"), text)
        self.click(panel.get_by_role("option", name=name, exact=True))
        expect(panel).to_contain_text(f"Added: {name}")


def test_moderator_writes_a_story_that_a_visitor_finds(new_page, live_server, moderator, capsys):
    builders.make_image("Kiln at dawn", description="A brick kiln in the first light")
    for number in range(1, 5):
        builders.make_image(f"Bricks {number}", description=f"Bricks that dry in the sun, row {number}")
    builders.make_story("The road home", themes=["Debt bondage", "Forced labour"], authors=["Editorial team"])
    tab = admin.open_tab(new_page)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(f"{live_server.url}/admin/")
    steps = Steps(tab)

    steps.click(tab.get_by_role("link", name="Write a story"))
    write_beginning(steps, tab)
    write_body(steps, tab)
    file_story(steps, tab)
    steps.click(tab.get_by_role("button", name="Publish", exact=True))

    # The message depends on whether an autosave made the page before.
    expect(tab.get_by_role("status")).to_contain_text(re.compile(f"Page '{TITLE}' .*published"))
    with capsys.disabled():
        sys.stdout.write(f"\nA whole story in {steps.count} steps.\n")
    assert steps.count <= MOST_STEPS
    expect_stored_story()
    read_as_visitor(new_page(), live_server.url)


def write_beginning(steps, tab):
    title = tab.get_by_role("textbox", name="Title*")
    expect(title).to_be_focused()
    steps.fill(title, TITLE)
    steps.click(admin.field(tab, "Lead picture").get_by_role("button", name="Choose a picture"))
    steps.click(tab.get_by_role("dialog").get_by_role("link", name="Kiln at dawn"))
    steps.fill(tab.get_by_role("textbox", name="Summary*"), SUMMARY)


def write_body(steps, tab):
    steps.fill(steps.add_block("Heading", index=0).get_by_label("Heading*"), "A season at the kiln")
    steps.write(admin.blocks(tab).last.get_by_role("textbox"), *ARRIVAL)
    gallery = steps.add_block("Pictures")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_label("Files, one or more*")).to_be_visible()
    steps.click(dialog.get_by_role("tab", name="Search"))
    for number in range(1, 5):
        steps.click(dialog.get_by_role("checkbox", name=f"Bricks {number}"))
    steps.click(dialog.get_by_role("button", name="Confirm selection"))
    expect(gallery.get_by_label("Alternative text").filter(visible=True)).to_have_count(4)
    quote = steps.add_block("Quote")
    steps.fill(quote.get_by_label("Words*"), QUOTE)
    steps.fill(quote.get_by_label("Who said it"), "A mother of three")
    steps.fill(steps.add_block("Heading").get_by_label("Heading*"), "The way out")
    steps.write(steps.add_block("Text").get_by_role("textbox"), *WAY_OUT)
    fact = steps.add_block("Key fact")
    steps.fill(fact.get_by_label("Title"), "What is debt bondage?")
    steps.write(fact.locator("[contenteditable=true]"), FACT)
    steps.paste(steps.add_block("Table").get_by_label("Caption"), TABLE)
    action = steps.add_block("Button or help box")
    steps.fill(action.get_by_label("Button*"), "Ask a lawyer")
    steps.fill(action.get_by_label("Or another address"), "https://law.example.org/")
    chosen = steps.add_block("Chosen stories")
    steps.click(chosen.get_by_role("button", name="Choose a page"))
    steps.click(tab.get_by_role("dialog").get_by_role("link", name="The road home"))
    expect(chosen).to_contain_text("The road home")


def file_story(steps, tab):
    steps.click(tab.get_by_role("radio", name="Nobody: no person is described"))
    steps.add_term("Countries", "ken", "Kenya")
    steps.add_term("Countries", "ugan", "Uganda")
    steps.add_term("Themes", "debt", "Debt bondage")
    steps.add_term("Themes", "forced", "Forced labour")
    steps.add_term("Authors", "edit", "Editorial team")
    steps.click(tab.get_by_role("checkbox", name="debt bondage"))


def test_typo_in_a_live_story_takes_four_steps_on_a_phone(new_page, live_server, moderator):
    body = [("heading", {"text": "The kiln"}), ("text", "<p>They came after the <b>rians</b>.</p>")]
    lead = {"lead_image": builders.make_image(), "lead_image_alt": "A kiln"}
    story = builders.make_story("The road home", body=body, **lead)
    tab = admin.open_tab(new_page, width=390, height=844)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(f"{live_server.url}/admin/stories/")
    steps = Steps(tab)

    steps.tap(tab.get_by_role("link", name="The road home", exact=True))
    admin.expect_editor(tab)
    steps.tap(admin.blocks(tab).last.get_by_text("rians", exact=True), click_count=2)  # selects the word
    steps.count += 1
    tab.keyboard.insert_text("rains")
    admin.wait_until_kept(admin.blocks(tab).last, "rains")
    steps.tap(tab.get_by_role("button", name="Publish", exact=True))

    expect(tab.get_by_role("status")).to_contain_text("has been published")
    story.refresh_from_db()
    assert ("rains" in str(story.body), steps.count) == (True, 4)


def expect_stored_story():
    story = StoryPage.objects.get(title=TITLE)
    kinds = "heading text pictures quote heading text callout table action chosen_stories"
    assert [block.block_type for block in story.body] == kinds.split()
    assert (story.date, story.content_notes) == (timezone.localdate(), ["debt"])
    assert story.lead_image_alt == "A brick kiln in the first light"


def read_as_visitor(page, address):
    page.goto(address)
    page.get_by_label("Search the stories").fill("bricks kiln")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=TITLE).click()

    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_have_text(TITLE)
    terms = [
        "Kenya",
        "Uganda",
        "Debt bondage",
        "Forced labour",
        "Dry season",
        "The road home",
        "Ask a lawyer",
    ]
    for words in [SUMMARY, *ARRIVAL, *WAY_OUT, QUOTE, FACT, *terms]:
        expect(main).to_contain_text(words)
