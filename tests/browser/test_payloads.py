"""A script in every text of the database runs nowhere in Chromium, for visitors and for an administrator.

A script that only the Content Security Policy stops is an error in the browser, which fails the test: see
tests/support/browser_fixtures.py. So is every other violation of the policy on these pages.
"""

import re

import pytest
from playwright.sync_api import Error, expect

from tests.browser import admin
from tests.support.fuzzing import IS_THOROUGH
from tests.support.measures import CLICK, FIND
from tests.support.payload_world import World

pytestmark = pytest.mark.sqlite_only
# Defines the function that the scripts in the database call.
DEFINE_P = "window._p = (number) => console.error(`ran: ${number} on ${location.pathname}`);"
# Buttons that open parts of a page which scripts create only then: on any page, and in the page editor.
OPENERS = ["Show filters", "Toggle status"]
OPENERS_OF_EDITOR = ["Toggle preview", "Toggle checks", "Toggle comments"]
# Pages that World.others() leaves out: uploads of several files, results of a search, and a missing page.
OTHERS = ["images/multiple/add/", "documents/multiple/add/", "pages/search/?q=wages", "nothing/here/"]
# `make test` opens one in 16 of the admin's other routes, `make drill` all. Without a browser, the test in
# tests/editing/access/test_admin_routes.py requests all of them each time.
STEP = 1 if IS_THOROUGH else 16


class Walk:
    """Opens addresses in one browser page, and collects the `faults` it finds there.

    All of it in one page, because each new one compiles all scripts again.
    """

    def __init__(self, page, site):
        self.page, self.site, self.faults, self.statuses, self.opened = page, site, [], {}, 0
        page.on("dialog", self.answer)

    def answer(self, dialog):
        if dialog.type != "beforeunload":  # the page editor opens this one if a change is not saved
            self.faults.append(f"a dialog: {dialog.message}")
        dialog.accept()

    def visit(self, addresses, ready="body"):
        """Open `addresses`. `ready`: selector of an element that is there once a page's scripts have run."""
        for address in addresses:
            self.statuses[address] = self.page.goto(self.site + address).status
            expect(self.page.locator(ready).first).to_be_attached()
            self.opened += self.page.evaluate(CLICK, OPENERS)
            self.look(address)

    def look(self, where):
        """Note the elements that would run a script in the page and in its frames."""
        for frame in self.page.frames:
            try:
                found = frame.evaluate(FIND)
            except Error:
                if not frame.is_detached():
                    raise
                continue  # the editor has replaced the preview by a newer one
            self.faults += [f"{where}: {fault}" for fault in found]


@pytest.fixture
def walk(new_page, live_server, settings, media_root, allow_errors):
    """A Walk as a visitor. `media_root` holds the files of the World."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0  # many autosaves would take long
    allow_errors += ["404 (Not Found)", "axe.run results"]  # the latter: Wagtail's checks of the page
    page = new_page(viewport={"width": 1400, "height": 1000})
    page.add_init_script(DEFINE_P)
    return Walk(page, live_server.url)


def test_nothing_runs(walk):
    """One test, because to build a World takes long. Its other states have the same scripts."""
    world = World(has_states=False)
    read(walk, world)
    admin.give_session(walk.page, walk.site, world.administrator)
    administrate(walk, world)
    edit(walk, world)
    assert walk.faults == []
    missing = [address for address, status in walk.statuses.items() if status >= 400]
    assert missing == [world.site.addresses["404"], "/admin/nothing/here/"]
    assert len(walk.statuses) > 50, "the walk finds the pages"
    assert walk.opened > 6, "filters and side panels were opened"


def read(walk, world):
    walk.visit(find_readable(world))
    walk.page.get_by_role("combobox").first.fill("wages")
    expect(walk.page.get_by_role("option").first).to_contain_text("_p(")
    walk.page.keyboard.press("ArrowDown")
    walk.look("suggestions")


def find_readable(world):
    """Return the public addresses that a browser opens: of those with the same scripts, one.

    tests/editing/access/test_admin_routes.py requests all of them.
    """
    found = world.public()
    terms = ("/stories/theme/", "/stories/country/")
    first_terms = [next(each for each in found if each.startswith(kind)) for kind in terms]
    kinds = [world.site.addresses[name] for name in ("home", "index", "story", "plain", "search")]

    left_out = re.compile("feed[.]|[.]xml|text=1|^/stories/(theme|country)/")
    text_only = [
        address for address in found if re.sub("[?&]text=1", "", address) in kinds and "text=1" in address
    ]
    # A page with a search comes last.
    return [*text_only, *first_terms, *(address for address in found if not left_out.search(address))]


def administrate(walk, world):
    """Open all views of the story, the editor of each type of page, and some of the other views.

    tests/editing/access/test_admin_routes.py requests all of them.
    """
    story = world.site.story
    of_story = f"/pages/{story.pk}/"
    pages = [each for each in world.pages(["edit"]) if of_story in each or each.endswith("/edit/")]
    drafts = [each for each in pages if "view_draft" in each]
    # edit() opens the first of these, and the other comparison has the same fields as the second.
    elsewhere = [editor_of(story), *(each for each in pages if "live...latest" in each)]
    walk.visit([story.url], ready="wagtail-userbar")
    walk.visit(drafts)
    # Wagtail's pages get the class "ready" when their scripts have run. Other pages have no controller.
    walk.visit([each for each in pages if each not in drafts + elsewhere], ready="body.ready")
    # The World has no reading whose answers could be entered. The second address only takes forms.
    left_out = re.compile("/readings/enter/|/stories/limit/")
    others = [each for each in world.others() if not left_out.search(each)]
    walk.visit(others[::STEP], ready="body.ready, body:not([data-controller])")
    walk.visit([f"/admin/{address}" for address in OTHERS])


def editor_of(page):
    return f"/admin/pages/{page.pk}/edit/"


def edit(walk, world):
    page = walk.page
    walk.visit([editor_of(world.site.story)], ready=".Draftail-Editor")
    assert page.evaluate(CLICK, OPENERS_OF_EDITOR) == 3
    expect(page.locator("#w-preview-iframe")).to_have_attribute("src", re.compile("in_preview_panel"))
    walk.look("editor")
    for name in ["Add country", "Add theme"]:  # the chooser of authors is made like the one of themes
        page.get_by_role("button", name=name).click()
        dialog = page.get_by_role("dialog").locator("visible=true")
        dialog.get_by_role("checkbox").last.check()
        walk.look(name)
        dialog.get_by_role("button", name="Confirm selection").click()
        expect(dialog).to_be_hidden()
    for name, kind in (("Document", "document"), ("Button or help box", "page"), ("Pictures", "picture")):
        block = admin.add_block(page, name)
        if kind == "picture":  # Its dialog for several pictures opens at once.
            page.get_by_role("dialog").get_by_role("button", name="Close").click()
        choose(walk, block.get_by_role("button", name=f"Choose a {kind}").first)


def choose(walk, button):
    """Choose the first object in the chooser that `button` opens. The form then shows its title."""
    button.click()
    dialog = walk.page.get_by_role("dialog").locator("visible=true")
    choice = dialog.locator("[data-chooser-modal-choice], .choose-page").first
    expect(choice).to_be_visible()
    walk.look("chooser")
    choice.click()
    expect(dialog).to_be_hidden()
    walk.look("chosen")
