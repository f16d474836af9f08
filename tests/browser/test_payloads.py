"""A script in every text of the database runs nowhere in Chromium, for visitors and for an administrator.

A script that only the Content Security Policy stops is an error in the browser, which fails the test: see
tests/support/browser_fixtures.py. So is every other violation of the policy on these pages.
"""

import re

import pytest
from playwright.sync_api import Error, expect

from tests.browser import admin
from tests.support.fuzzing import IS_THOROUGH
from tests.support.payload_world import OF_TYPE, World

pytestmark = pytest.mark.sqlite_only
# Defines the function that the scripts in the database call.
DEFINE_P = "window._p = (number) => console.error(`ran: ${number} on ${location.pathname}`);"
# Returns elements that would run a script, when clicked or when loaded. No page here has event attributes.
# The address of an SVG element is in `baseVal`.
FIND = """() => {
    const PROGRAM = /^(javascript|vbscript):/i;
    const all = [...document.querySelectorAll("*")];
    const runs = (element) => ["href", "src", "action", "formAction", "data"].some(
        (name) => PROGRAM.test(String(element[name]?.baseVal ?? element[name] ?? "")));
    const events = (element) => [...element.attributes].some(({name}) => name.startsWith("on"));
    const found = all.filter((element) => runs(element) || events(element));
    return found.map(({outerHTML}) => outerHTML.slice(0, 200));
}"""
# Clicks the buttons that open parts of a page which scripts create only then, and returns their number.
OPEN = """() => {
    const names = ["Show filters", "Toggle status"];
    const all = [...document.querySelectorAll("button")];
    const found = all.filter((button) => names.includes(button.ariaLabel ?? button.textContent.trim()));
    found.forEach((button) => button.click());
    return found.length;
}"""
# Pages that World.others() leaves out: uploads of several files, results of a search, and a missing page.
OTHERS = ["images/multiple/add/", "documents/multiple/add/", "pages/search/?q=wages", "nothing/here/"]
# `make test` opens one in 16 of the admin's other routes, `make drill` all. Without a browser, the test in
# tests/editing/test_admin_routes.py requests all of them each time.
STEP = 1 if IS_THOROUGH else 16
TABS = 3


class Walk:
    """Opens addresses in several tabs of one browser context, and collects the `faults` it finds there."""

    def __init__(self, context, address):
        self.context, self.address, self.faults, self.statuses = context, address, [], {}
        self.opened = 0
        context.set_default_navigation_timeout(60_000)  # three at a time, and each is a long form
        context.on("dialog", self.answer)
        self.tabs = [context.new_page() for _ in range(TABS)]

    def answer(self, dialog):
        if dialog.type != "beforeunload":  # the page editor opens this one if a change is not saved
            self.faults.append(f"a dialog: {dialog.message}")
        dialog.accept()

    def visit(self, addresses, ready="body"):
        """Open `addresses`. `ready`: selector of an element that is there once a page's scripts have run."""
        for first in range(0, len(addresses), TABS):
            opened = list(zip(self.tabs, addresses[first : first + TABS], strict=False))
            for tab, address in opened:
                answer = tab.goto(self.address + address, wait_until="commit")
                self.statuses[address] = answer.status
            for tab, address in opened:
                tab.wait_for_load_state()
                expect(tab.locator(ready).first).to_be_attached()
                self.opened += tab.evaluate(OPEN)
                self.look(tab, address)

    def look(self, tab, where):
        """Note the elements that would run a script in `tab` and in its frames."""
        for frame in tab.frames:
            try:
                found = frame.evaluate(FIND)
            except Error:
                if not frame.is_detached():
                    raise
                continue  # the editor has replaced the preview by a newer one
            self.faults += [f"{where}: {fault}" for fault in found]


@pytest.fixture
def walk(context_factory, live_server, settings, media_root, allow_errors):
    """A function that starts a Walk as a user, or as a visitor. `media_root` holds the files of the World."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    allow_errors += ["404 (Not Found)", "axe.run results"]  # the latter: Wagtail's checks of the page

    def start(user=None):
        context = context_factory(viewport={"width": 1400, "height": 1000})
        context.add_init_script(DEFINE_P)
        walk = Walk(context, live_server.url)
        if user:
            admin.give_session(walk.tabs[0], live_server.url, user)
        return walk

    return start


def test_nothing_runs(walk):
    """All walks use one World, because building it takes long."""
    world = World()
    read(walk(), world)
    administrate(walk(world.administrator), world)
    edit(walk(world.administrator), world)


def read(reader, world):
    reader.visit([address for address in world.public() if is_visited(address, world)])
    page = reader.tabs[0]
    page.bring_to_front()
    page.goto(f"{reader.address}/")
    page.get_by_role("combobox").first.fill("wages")
    expect(page.get_by_role("option").first).to_contain_text("_p(")
    page.keyboard.press("ArrowDown")
    reader.look(page, "suggestions")
    assert reader.faults == []


def is_visited(address, world):
    """Return whether a browser opens the public `address`: not if another one has the same scripts.

    tests/editing/test_admin_routes.py requests all of them.
    """
    if address.endswith("text=1"):
        kinds = (world.site.addresses[name] for name in ("home", "index", "story", "plain", "search"))
        return re.sub("[?&]text=1", "", address) in kinds
    is_term = address.startswith(("/stories/theme/", "/stories/country/"))
    is_page = "feed." not in address and ".xml" not in address
    other = is_page and not is_term and address not in world.states
    return other or address in world.site.addresses.values()


def administrate(walk, world):
    walk.visit([world.site.story.url, "/", "/stories/"], ready="wagtail-userbar")
    walk.visit([f"{world.site.story.url}?text=1"])  # the text-only version
    # Those views that differ by the type of the page, and all views of the story. The test in
    # tests/editing/test_admin_routes.py requests all of them.
    story, of_type = f"/pages/{world.site.story.pk}/", ("/edit/", "/view_draft/")
    pages = [each for each in world.pages(OF_TYPE) if story in each or each.endswith(of_type)]
    drafts = [address for address in pages if "view_draft" in address]
    walk.visit(drafts)
    walk.visit([address for address in pages if address not in drafts], ready="body.ready")
    walk.visit(world.others()[::STEP], ready="body.ready, body:not([data-controller])")
    walk.visit([f"/admin/{address}" for address in OTHERS])
    assert walk.faults == []
    assert [address for address, status in walk.statuses.items() if status >= 400] == ["/admin/nothing/here/"]
    assert len(walk.statuses) > 36, "the walk finds the pages of the admin"
    assert walk.opened > 6, "filters and side panels were opened"


def edit(walk, world):
    page = walk.tabs[0]
    page.bring_to_front()  # in a background tab, each click takes two seconds
    page.goto(f"{walk.address}/admin/pages/{world.site.story.pk}/edit/")
    expect(page.locator(".Draftail-Editor").first).to_be_visible()
    for name in ["Toggle status", "Toggle preview", "Toggle checks", "Toggle comments"]:
        page.get_by_role("button", name=name).first.click()
    walk.look(page, "editor")
    for name in ["Add country", "Add theme", "Add author"]:
        page.get_by_role("button", name=name).click()
        dialog = page.get_by_role("dialog").locator("visible=true")
        dialog.get_by_role("checkbox").last.check()
        walk.look(page, name)
        dialog.get_by_role("button", name="Confirm selection").click()
        expect(dialog).to_be_hidden()
    for block, button in [("Document", "Choose a document"), ("Button or help box", "Choose a page")]:
        choose(walk, page, admin.add_block(page, block).get_by_role("button", name=button))
    page.goto(f"{walk.address}/admin/pages/add/stories/storypage/{world.section.index.pk}/")
    choose(walk, page, page.get_by_role("button", name="Choose a picture").first)
    assert walk.faults == []


def choose(walk, page, button):
    """Choose the first object in the chooser that `button` opens. The form then shows its title."""
    button.click()
    dialog = page.get_by_role("dialog").locator("visible=true")
    choice = dialog.locator("[data-chooser-modal-choice], .choose-page").first
    expect(choice).to_be_visible()
    walk.look(page, "chooser")
    choice.click()
    expect(dialog).to_be_hidden()
    walk.look(page, "chosen")
