"""A moderator looks at stories from WordPress, decides on the people in them, and publishes them."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe
from tests.support.browser_fixtures import PATIENCE
from tests.support.wordpress import export, wp_item
from wordpress_import.triage import open_items

pytestmark = pytest.mark.sqlite_only

# (title, country, words): short versions of stories of the demonstration.
STORIES = [
    ("A network reads the signs", "Bolivia", "Fifty members practised the questions to ask."),
    ("The way home", "Nigeria", "Ten women travelled back, and somebody met them."),
    ("Mines of Lubumbashi", "", "Buyers and unions drew a map of the pits."),
    ("Care is learned", "India", "The group practised to listen before it asks."),
]
# The names of the bulk actions for screen readers.
LOOKED_AT = "Tick the selected pages off: what the import from WordPress asked is done"
NOBODY_IS_DESCRIBED = "Say of the selected pages that no person is described"
PUBLISH = "Publish selected pages"
LIST = "/admin/stories/"
# Wagtail connects the actions in the menu "More" to the selection only when the menu is shown.
TELL_OF_MENU = """document.addEventListener("w-dropdown:shown", () => {
    document.documentElement.dataset.menu = "shown";
});"""


def divi(words):
    """Return a post as the page builder Divi writes it."""
    return (
        "[et_pb_section][et_pb_row][et_pb_column]"
        f"[et_pb_text]<h2>In short</h2><p>{words}</p>[/et_pb_text]"
        '[et_pb_toggle title="Next"]Read on.[/et_pb_toggle]'
        "[/et_pb_column][/et_pb_row][/et_pb_section]"
    )


def gutenberg(words):
    """Return a post as WordPress's own editor writes it, with a picture that the export does not contain."""
    return (
        f"<!-- wp:paragraph --><p>{words}</p><!-- /wp:paragraph -->"
        '<!-- wp:image --><figure class="wp-block-image"><img src="/wp-content/uploads/2020/04/kiln.jpg"'
        ' alt="A kiln"/></figure><!-- /wp:image -->'
    )


def import_stories(folder, host, write_content):
    """Import the stories from an export of the site `host`. `write_content`: function that returns a post."""
    items = [
        wp_item(
            number,
            write_content(words),
            title=title,
            excerpt=f"{title}, in one sentence.",
            name=f"{host}-{number}",
            terms=[("post_tag", country.lower(), country)] if country else (),
        )
        for number, (title, country, words) in enumerate(STORIES, start=1)
    ]
    path = folder / f"{host}.xml"
    # Items are known by the address of their site, so the two exports need different ones.
    path.write_text(export(*items).replace("old.example", f"{host}.example"))
    call_command("import_wordpress", path, "--write", "--report", folder / host)


def rows(tab):
    """Return the rows of the list of all stories, without its heading."""
    box = tab.get_by_role("checkbox", name="Select", exact=True)
    return tab.get_by_role("table").get_by_role("row").filter(has=box)


def do_with_all(tab, action, confirmation, message):
    """Select all stories of the list, choose the bulk action `action`, and confirm it."""
    tab.get_by_role("columnheader").get_by_role("checkbox", name="Select all").check()
    bulk = tab.get_by_role("region", name="Bulk actions")
    expect(bulk).to_be_visible()
    bulk.get_by_role("button", name="More").press("Enter")
    expect(tab.locator("html")).to_have_attribute("data-menu", "shown")
    tab.get_by_role("link", name=action, exact=True).press("Enter")
    # Playwright waits for the response, and to publish many stories takes long on a busy machine.
    tab.get_by_role("button", name=confirmation).press("Enter", timeout=4 * PATIENCE)
    expect(tab.get_by_role("status")).to_contain_text(message)


def triage(tab):
    """Filter the list, read the reasons, open a draft, and tick all off."""
    tab.get_by_role("button", name="Show filters").press("Enter")
    tab.get_by_role("button", name="From WordPress").press("Enter")
    tab.get_by_role("checkbox", name="Missing picture").press(" ")
    expect(rows(tab)).to_have_count(4)
    tab.get_by_role("checkbox", name="Needs eyes").press(" ")
    # The four above, and the three stories of Divi that have a country: the country is only a proposal of the
    # import.
    expect(rows(tab)).to_have_count(7)
    tab.keyboard.press("Escape")
    expect(rows(tab).filter(has_text="A network reads").first).to_contain_text("its countries are a proposal")
    assert run_axe(tab) == []
    sorting = tab.get_by_role("columnheader").get_by_role("link").all()
    # CSS pixels, which WCAG asks for. axe accepts lower links if there is room around them.
    assert min(link.bounding_box()["height"] for link in sorting) >= 24
    expect(tab).to_have_url(re.compile("moved_in=needs_eyes"))
    address = tab.url
    rows(tab).get_by_role("link", name="Care is learned").first.click()
    admin.expect_editor(tab)
    expect(admin.field(tab, "Body*")).to_contain_text("The group practised to listen before it asks.")
    tab.goto(address)
    expect(rows(tab)).to_have_count(7)
    do_with_all(tab, LOOKED_AT, "Yes, tick them off", "7 pages are ticked off")
    expect(rows(tab)).to_have_count(0)


def test_stories_of_divi_and_of_blocks_are_looked_at_decided_and_published(
    new_page, live_server, moderator, client, tmp_path
):
    builders.make_index()
    import_stories(tmp_path, "divi", divi)
    import_stories(tmp_path, "blocks", gutenberg)
    tab = admin.open_tab(new_page)
    tab.add_init_script(TELL_OF_MENU)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(live_server.url + LIST)
    expect(rows(tab)).to_have_count(8)

    triage(tab)

    # Decide, then publish.
    tab.goto(f"{live_server.url}{LIST}?consent=undecided")
    expect(rows(tab)).to_have_count(8)
    do_with_all(tab, NOBODY_IS_DESCRIBED, "Yes, nobody is described", "8 pages are answered")
    expect(rows(tab)).to_have_count(0)
    assert not StoryPage.objects.published().exists()
    tab.goto(f"{live_server.url}{LIST}?status=draft")
    expect(rows(tab)).to_have_count(8)
    do_with_all(tab, PUBLISH, "Yes, publish", "8 pages have been published")

    assert not open_items().exists()
    stories = {story.slug: story for story in StoryPage.objects.published()}
    assert len(stories) == 8
    for host in ("divi", "blocks"):
        for number, (title, _country, words) in enumerate(STORIES, start=1):
            text = client.get(stories[f"{host}-{number}"].url).text
            assert title in text, (host, title)
            assert words in text, (host, title)
    visitor = new_page()
    visitor.goto(live_server.url + stories["divi-2"].url)
    expect(visitor.get_by_role("heading", name="The way home", level=1)).to_be_visible()
    expect(visitor.get_by_role("main")).to_contain_text(
        re.compile("somebody met them.*Next.*Read on", re.DOTALL)
    )
