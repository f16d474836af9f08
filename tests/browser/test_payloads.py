"""Scripts in every text of the database run nowhere in Chromium, for readers and for an administrator.

What only the Content Security Policy stops is an error in the browser, which fails each of these tests: see
conftest.py. So does whatever else the policy stops on all these pages.
"""

import pytest
from playwright.sync_api import Error, expect

from tests.browser import admin
from tests.support.payload_world import OF_TYPE, World

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]
TELL = "window._p = (number) => console.error(`ran: ${number} on ${location.pathname}`);"
# What a click would run, and what has run or would have: nothing here has an attribute for events.
FIND = """() => {
    const PROGRAM = /^(javascript|vbscript):/i;
    const all = [...document.querySelectorAll("*")];
    const runs = (element) => ["href", "src", "action", "formAction", "data"].some(
        (name) => PROGRAM.test(String(element[name]?.baseVal ?? element[name] ?? "")));
    const events = (element) => [...element.attributes].some(({name}) => name.startsWith("on"));
    const found = all.filter((element) => runs(element) || events(element));
    return found.map(({outerHTML}) => outerHTML.slice(0, 200));
}"""
# What opens a part of a page that is made only then.
OPEN = """() => {
    const names = ["Show filters", "Toggle status"];
    const all = [...document.querySelectorAll("button")];
    const found = all.filter((button) => names.includes(button.ariaLabel ?? button.textContent.trim()));
    found.forEach((button) => button.click());
    return found.length;
}"""
# Not among those of the world: where many files are handed in, results, and what is not there.
OTHERS = ["images/multiple/add/", "documents/multiple/add/", "pages/search/?q=wages", "nothing/here/"]
TABS = 3


class Walk:
    """Opens addresses in one context, in some tabs at a time, and notes what could run there."""

    def __init__(self, context, address):
        self.context, self.address, self.faults, self.statuses = context, address, [], {}
        self.opened = 0
        context.set_default_navigation_timeout(60_000)  # three at a time, and each is a long form
        context.on("dialog", self.answer)
        self.tabs = [context.new_page() for _ in range(TABS)]

    def answer(self, dialog):
        if dialog.type != "beforeunload":  # that is the editor's own, of words not saved yet
            self.faults.append(f"a dialog: {dialog.message}")
        dialog.accept()

    def visit(self, addresses, ready="body"):
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
        for frame in tab.frames:
            try:
                found = frame.evaluate(FIND)
            except Error:
                if not frame.is_detached():
                    raise
                continue  # the editor has put another preview in its place
            self.faults += [f"{where}: {fault}" for fault in found]


@pytest.fixture
def walk(context_factory, live_server, settings, store, allow_errors):
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    allow_errors += ["404 (Not Found)", "axe.run results"]  # the latter: Wagtail's checks of the page

    def start(user=None):
        context = context_factory(viewport={"width": 1400, "height": 1000})
        context.add_init_script(TELL)
        walk = Walk(context, live_server.url)
        if user:
            admin.give_session(walk.tabs[0], live_server.url, user)
        return walk

    return start


def test_nothing_runs_for_readers_and_at_the_desk_of_an_editor(walk):
    """One site for all three, as it takes long to build."""
    world = World()
    read(walk(), world)
    edit(walk(world.administrator), world)


def test_nothing_runs_in_lists_histories_comparisons_and_previews(walk):
    world = World()
    administrate(walk(world.administrator), world)


def read(reader, world):
    reader.visit([address for address in world.public() if "feed." not in address and ".xml" not in address])
    page = reader.tabs[0]
    page.bring_to_front()
    page.goto(f"{reader.address}/")
    page.get_by_role("combobox").first.fill("wages")
    expect(page.get_by_role("option").first).to_contain_text("_p(")
    page.keyboard.press("ArrowDown")
    reader.look(page, "suggestions")
    assert reader.faults == []


def administrate(desk, world):
    desk.visit([world.site.story.url, "/", "/stories/"], ready="wagtail-userbar")
    desk.visit([f"{world.site.story.url}?text=1"])
    pages = world.pages(OF_TYPE)  # tests/editing/test_payloads_everywhere.py asks for the others too
    seen = [address for address in pages if "view_draft" in address]
    desk.visit(seen)
    desk.visit([address for address in pages if address not in seen], ready="body.ready")
    desk.visit(world.others(), ready="body.ready, body:not([data-controller])")  # a few are pages of the site
    desk.visit([f"/admin/{address}" for address in OTHERS])
    assert desk.faults == []
    assert [address for address, status in desk.statuses.items() if status >= 400] == ["/admin/nothing/here/"]
    assert len(desk.statuses) > 90
    assert desk.opened > 20


def edit(desk, world):
    page = desk.tabs[0]
    page.bring_to_front()  # behind others, each click takes two seconds
    page.goto(f"{desk.address}/admin/pages/{world.site.story.pk}/edit/")
    expect(page.locator(".Draftail-Editor").first).to_be_visible()
    for name in ["Toggle status", "Toggle preview", "Toggle checks", "Toggle comments"]:
        page.get_by_role("button", name=name).first.click()
    desk.look(page, "editor")
    for name in ["Add country", "Add theme", "Add author"]:
        page.get_by_role("button", name=name).click()
        dialog = page.get_by_role("dialog").locator("visible=true")
        dialog.get_by_role("checkbox").last.check()
        desk.look(page, name)
        dialog.get_by_role("button", name="Confirm selection").click()
        expect(dialog).to_be_hidden()
    for block, button in [("Document", "Choose a document"), ("Action", "Choose a page")]:
        choose(desk, page, admin.add_block(page, block).get_by_role("button", name=button))
    page.goto(f"{desk.address}/admin/pages/add/stories/storypage/{world.section.index.pk}/")
    choose(desk, page, page.get_by_role("button", name="Choose an image").first)
    assert desk.faults == []


def choose(desk, page, button):
    """Take what comes first in the chooser that `button` opens: its title is then in the form."""
    button.click()
    dialog = page.get_by_role("dialog").locator("visible=true")
    choice = dialog.locator("[data-chooser-modal-choice], .choose-page").first
    expect(choice).to_be_visible()
    desk.look(page, "chooser")
    choice.click()
    expect(dialog).to_be_hidden()
    desk.look(page, "chosen")
