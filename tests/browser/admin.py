"""Steps that browser tests take in the admin."""

import re

from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.support.builders import PASSWORD
from tests.support.measures import COUNT_EVENTS


def open_tab(new_page, width=1400, height=1000):
    """Return a browser page with COUNT_EVENTS. By default it is wide enough for the page editor."""
    page = new_page(viewport={"width": width, "height": height})
    page.add_init_script(COUNT_EVENTS)
    return page


def sign_in(page, address):
    """Send the login form for the user "amina". The next page may ask for a second factor."""
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill("amina")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def expect_home(page):
    """Expect the first page of the admin."""
    expect(page.get_by_role("heading", name="What would you like to do?")).to_be_visible()


def give_session(page, address, user):
    """Sign `user` in without the form."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": address}])


def gap(above, below):
    """Return the height between two elements, in pixels."""
    box = above.bounding_box()
    return below.bounding_box()["y"] - box["y"] - box["height"]


def expect_editor(page):
    """Wait until the page editor watches for changes. All its scripts have run then."""
    # wait_for_function() evaluates a text as code, which the site's Content-Security-Policy forbids.
    expect(page.locator("html")).to_have_attribute("data-watches", "yes")


def open_editor(page, address, user, story):
    """Open `story`, a page, in the page editor as `user`, and wait until the editor watches for changes."""
    give_session(page, address, user)
    go_to_editor(page, address, story)


def go_to_editor(page, address, story):
    """Do as open_editor() does, for the user who is signed in."""
    page.goto(f"{address}/admin/pages/{story.pk}/edit/")
    expect_editor(page)


def field(page, name):
    """Return the panel called `name` in the page editor. Names of required fields end with "*"."""
    return page.get_by_role("tabpanel", name="Content").get_by_role("region", name=name, exact=True)


def blocks(page):
    """Return the blocks of the body, but not the blocks that they contain."""
    children = "[data-streamfield-stream-container] > [data-streamfield-child]"
    return field(page, "Body*").locator(children)


def add_block(page, name):
    """Add a block called `name` at the end of the body and return it."""
    count = blocks(page).count()
    field(page, "Body*").get_by_role("button", name="Insert a block").last.click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(blocks(page)).to_have_count(count + 1)
    return blocks(page).last


def choose_terms(page, button, title, search):
    """Choose `title`, a term or a person, in the dialog that `button` opens, after searching for `search`."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Search term").fill(search)
    expect(dialog.get_by_text("There is 1 match")).to_be_visible()
    dialog.get_by_role("checkbox", name=title).check()
    dialog.get_by_role("button", name="Confirm selection").click()
    expect(dialog).to_be_hidden()


def wait_until_kept(block, words):
    """Wait until the rich text editor of `block` has written `words` into the form, which takes a moment."""
    expect(block.locator("input[type=hidden][name$=value]")).to_have_value(re.compile(re.escape(words)))


def select_text(page):
    """Select all text of the first block, and return the button of its toolbar that adds a comment."""
    text = blocks(page).first.get_by_role("textbox")
    text.click()
    text.press("Control+a")
    button = page.locator(".Draftail-FloatingToolbar .Draftail-CommentControl button")
    expect(button).to_be_visible()
    return button


def write_a_comment(page, words):
    """Write the comment that was begun. The next autosave stores it."""
    page.get_by_placeholder("Enter your comments...").fill(words)
    # The comment moves beside its field and takes focus. A click or a key could miss the button.
    page.get_by_role("button", name="Comment", exact=True).dispatch_event("click")
    # A script writes the comment into the form a moment after it is shown.
    expect(page.locator("[name=comments-0-text]")).to_have_value(words)


def chosen_comment(page):
    """Return the comment that stands out in the side panel."""
    return page.locator(".comment--focused")


def expect_autosave(page, words):
    """Expect that an autosave with `words` is answered in a block of `with`."""
    return page.expect_response(
        lambda answer: words in (answer.request.post_data or "") and "preview" not in answer.url
    )


def type_until_autosaved(page, textbox, words):
    """Type `words`, wait for an autosave that has them, and until the editor watches for changes again."""
    before = page.locator("html").get_attribute("data-watched")
    with expect_autosave(page, words) as answer:
        textbox.press_sequentially(words)
    assert answer.value.json()["success"]
    expect(page.locator("html")).not_to_have_attribute("data-watched", before)


def find_action(page, name, exact=True):
    """Return the button `name` at the bottom of the page editor. All but the first are in a menu: open it."""
    foot = page.get_by_role("navigation", name="Actions (footer)")
    button = foot.get_by_role("button", name=name, exact=exact)
    if not button.is_visible():
        foot.get_by_role("button", name="More actions").click()
    return button


def footer(page, name):
    """Click the action `name` at the bottom of the page editor."""
    find_action(page, name).click()
