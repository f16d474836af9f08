"""Reading in a browser: leaving quickly, text only, large text, forced colours, and print."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from home.models import SiteSettings
from stories.models import StoryPage
from tests.support import builders
from tests.support.measures import BROKEN_WORDS, TOO_WIDE
from tests.support.readings import make_reading
from tests.support.site import make_rich_story, make_site

pytestmark = pytest.mark.sqlite_only

LEAVE = "Leave quickly"  # the text of the button


@pytest.fixture
def leave_to_stories(live_server):
    """Let the button to leave lead to a page of this site, because tests reach no other."""
    home = builders.home_page()
    settings = SiteSettings.for_site(home.get_site())
    settings.leave_url = f"{live_server.url}/stories/"
    settings.save()


@pytest.fixture
def quick_story(live_server, leave_to_stories):
    """The address of a short story with the button to leave."""
    return live_server.url + builders.make_story("Wages", show_leave_quickly=True).url


@pytest.fixture
def full_story(live_server, leave_to_stories):
    """The address of a story with all blocks and the button to leave. Its pictures take long."""
    return live_server.url + make_rich_story(builders.make_index(), show_leave_quickly=True).url


def leave_by_click(page):
    page.get_by_role("link", name=LEAVE).click()


def leave_by_shift(page):
    """Press the Shift key three times, which does the same as the button."""
    for _ in range(3):
        page.keyboard.press("Shift")


def test_leaving_quickly(new_page, live_server, quick_story):
    """All of it in one test, because to make the database and the browser page takes longest."""
    page = new_page()
    for leave in (leave_by_click, leave_by_shift):
        leaving_replaces_the_story_in_the_history(page, live_server.url, quick_story, leave)
    typing_capitals_does_not_leave(page, quick_story)
    page_is_blank_even_if_the_other_one_does_not_load(page, live_server.url, quick_story)
    leaving_works_in_an_old_browser(page, live_server.url, quick_story)
    leaving_works_without_javascript(new_page(java_script_enabled=False), live_server.url, quick_story)


def leaving_replaces_the_story_in_the_history(page, site, quick_story, leave):
    page.goto(f"{site}/search/")
    page.goto(quick_story)
    leave(page)
    expect(page).to_have_url(f"{site}/stories/")
    page.go_back()
    expect(page).to_have_url(f"{site}/search/")
    page.go_forward()
    expect(page).to_have_url(f"{site}/stories/")


def typing_capitals_does_not_leave(page, quick_story):
    page.goto(quick_story)
    box = page.locator("[name=q]")
    box.focus()
    for letter in "NGO":
        page.keyboard.press(f"Shift+{letter}")
    expect(box).to_have_value("NGO")
    expect(page).to_have_url(quick_story)


def page_is_blank_even_if_the_other_one_does_not_load(page, site, quick_story):
    page.goto(quick_story)
    # "aborted" is the only reason that does not count as an error, which would fail the test.
    page.route("**/stories/", lambda route: route.abort("aborted"))
    with page.expect_event("requestfailed"):
        leave_by_click(page)
    expect(page.locator("body")).to_be_empty()
    expect(page).to_have_title(urlsplit(site).hostname)  # not the title of the story
    page.unroute_all()


def leaving_works_in_an_old_browser(page, site, quick_story):
    page.add_init_script("delete Element.prototype.replaceChildren")
    page.goto(quick_story)
    leave_by_click(page)
    expect(page).to_have_url(f"{site}/stories/")


def leaving_works_without_javascript(page, site, quick_story):
    page.goto(quick_story)
    expect(page.get_by_text("press the Shift key")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy the link")).to_be_hidden()
    leave_by_click(page)
    expect(page).to_have_url(f"{site}/stories/")


# Returns what is wrong: the button can't be clicked, the bar that holds it covers the focused element, or the
# button is lower than the 44 pixels that a finger needs (WCAG 2.5.5).
OBSCURED = """() => {
    const button = document.querySelector(".leave__link").getBoundingClientRect();
    const bar = document.querySelector(".leave").getBoundingClientRect();
    const hit = document.elementFromPoint(button.x + button.width / 2, button.y + button.height / 2);
    const focus = document.activeElement;
    const problems = [];
    if (!hit?.closest(".leave__link")) problems.push("the button is covered");
    // After the last element, the focus goes to the browser (here: body). The skip link is above the bar.
    const isBelow = !focus.matches("body, .skip-link, .leave__link");
    if (isBelow && focus.getBoundingClientRect().top < bar.bottom - 1)
        problems.push(`under the bar: ${focus.outerHTML.slice(0, 80)}`);
    if (button.height < 44) problems.push(`the button is ${button.height} high`);
    return problems;
}"""


def test_story_with_all_blocks_on_a_small_screen_with_large_text_and_on_paper(
    new_page, live_server, full_story
):
    """One test, because to make the pictures of the story takes longest."""
    page = new_page(viewport={"width": 320, "height": 640})
    page.goto(full_story)
    # Nothing moves for readers who prefer that, as `new_page` does.
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert page.evaluate("document.getAnimations().length") == 0
    stops = page.locator("a[href], button, input, summary, [tabindex='0']").count()
    problems = []
    for percent in (100, 200):
        page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
        # From the last element to the first, the browser scrolls each of them to the top, where the bar is.
        for _ in range(stops):
            page.keyboard.press("Shift+Tab")
            problems += page.evaluate(OBSCURED)
    assert not problems, "\n".join(problems)
    check_printed_story(page)
    for address in [full_story, f"{live_server.url}/stories/", f"{live_server.url}/"]:
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(TOO_WIDE) == [], address
    check_printed_reading(page, live_server.url)


def check_printed_story(page):
    """The printed story has its sources and no controls."""
    page.emulate_media(media="print")
    for words in ["By Staff", "This story describes", "Picture: A. Painter", "You hear the sea"]:
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("article time").first).to_be_visible()
    expect(page.locator(".story-end__source")).to_contain_text("/stories/wages-after-three-years/")
    link = page.get_by_role("link", name="Labour office")
    assert "labour.example.org" in link.evaluate("a => getComputedStyle(a, '::after').content")
    for part in [".menu", ".search-form", ".leave", ".leave-limits", ".share", ".contents", ".versions"]:
        expect(page.locator(part).first).to_be_hidden()
    page.emulate_media(media="screen")


def check_printed_reading(page, site):
    """The person sees on paper all that they agree to, also what a printed story leaves out."""
    page.goto(site + make_reading("here", story=StoryPage.objects.get(slug="wages-after-three-years")).path)
    page.emulate_media(media="print")
    for part in [".action", ".media-link__poster img", ".chosen-stories .card", ".reading__alt"]:
        expect(page.locator(f".reading__text {part}").first).to_be_visible()


def test_link_is_copied(new_page, quick_story):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(quick_story)
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/stories/wages/")


def test_site_in_text_only_and_on_a_phone_that_is_zoomed(new_page, live_server):
    site = make_site()
    page = new_page()
    page.goto(live_server.url + site.story.url)
    page.get_by_role("banner").get_by_role("link", name="Text only").click()
    page.wait_for_url(f"{live_server.url}{site.story.url}?text=1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wages after three years")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    # Browsers request the icon at any time.
    loaded = [url.removeprefix(live_server.url) for url in requests if "favicon" not in url]
    assert loaded == [f"{site.story.url}?text=1", "/static/css/text.css"]
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Stories").click()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Kenya (2)").click()
    expect(page.get_by_role("heading", name="2 stories")).to_be_visible()
    page.get_by_label("Search the stories").fill("passport")
    page.get_by_label("Search the stories").press("Enter")
    expect(page.get_by_text("1 result for “passport”")).to_be_visible()
    assert all(re.search("text=1|favicon|text.css", address) for address in requests)
    page.get_by_role("banner").get_by_role("link", name="Full version").click()
    expect(page).to_have_url(f"{live_server.url}/search/?q=passport")
    words_stay_whole_on_a_phone_that_is_zoomed_to_200_percent(page, live_server.url)


def words_stay_whole_on_a_phone_that_is_zoomed_to_200_percent(page, site):
    page.set_viewport_size({"width": 180, "height": 320})
    for address in ("/search/?q=wages", "/search/?q=wages&country=kenya", "/"):
        page.goto(site + address)
        for part in page.locator(".brand__name, .sort, .card__title").all():
            assert part.evaluate(BROKEN_WORDS) == [], address
        assert page.evaluate(TOO_WIDE) == [], address


def test_current_menu_item_stands_out_in_forced_colours(new_page, live_server):
    builders.make_index()  # “Stories”, which is in the menu
    builders.make_plain_page("About", show_in_menus=True)
    page = new_page(forced_colors="active")
    page.goto(f"{live_server.url}/stories/")
    menu = page.get_by_role("navigation", name="Main")
    border = "element => getComputedStyle(element).borderBlockEndColor"
    current, other = (menu.get_by_role("link", name=name).evaluate(border) for name in ["Stories", "About"])
    assert current != other
