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

# {slug: (country, content)}: a post as the page builder Divi writes it, and one as WordPress's own editor
# writes it, with a picture that the export does not contain.
POSTS = {
    "divi": (
        "Bolivia",
        "[et_pb_section][et_pb_text]<p>Fifty members practised.</p>[/et_pb_text][/et_pb_section]",
    ),
    "blocks": (
        "",
        "<!-- wp:paragraph --><p>Fifty members drew a map.</p><!-- /wp:paragraph -->"
        '<!-- wp:image --><img src="/wp-content/uploads/kiln.jpg" alt="A kiln"/><!-- /wp:image -->',
    ),
}
# The names of the bulk actions for screen readers.
LOOKED_AT = "Tick the selected pages off: what the import from WordPress asked is done"
NOBODY_IS_DESCRIBED = "Say of the selected pages that no person is described"
PUBLISH = "Publish selected pages"
LIST = "/admin/stories/"
# Wagtail connects the actions in the menu "More" to the selection only when the menu is shown.
TELL_OF_MENU = """document.addEventListener("w-dropdown:shown", () => {
    document.documentElement.dataset.menu = "shown";
});"""


def import_stories(folder):
    """Import POSTS from an export."""
    items = [
        wp_item(
            number,
            content,
            title=f"Story {slug}",
            excerpt="In one sentence.",
            name=slug,
            terms=[("post_tag", country.lower(), country)] if country else (),
        )
        for number, (slug, (country, content)) in enumerate(POSTS.items(), start=1)
    ]
    path = folder / "export.xml"
    path.write_text(export(*items))
    call_command("import_wordpress", path, "--write", "--report", folder / "report")


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
    """Filter the list, read the reasons, and tick all off."""
    tab.get_by_role("button", name="Show filters").press("Enter")
    tab.get_by_role("button", name="From WordPress").press("Enter")
    tab.get_by_role("checkbox", name="Missing picture").press(" ")
    expect(rows(tab)).to_have_count(1)
    tab.get_by_role("checkbox", name="Needs eyes").press(" ")
    expect(rows(tab)).to_have_count(2)  # one more with a country, which is only a proposal of the import
    tab.keyboard.press("Escape")
    expect(rows(tab).filter(has_text="Story divi")).to_contain_text("its countries are a proposal")
    assert run_axe(tab) == []
    expect(tab).to_have_url(re.compile("moved_in=needs_eyes"))
    do_with_all(tab, LOOKED_AT, "Yes, tick them off", "2 pages are ticked off")
    expect(rows(tab)).to_have_count(0)


def test_stories_of_divi_and_of_blocks_are_looked_at_decided_and_published(
    new_page, live_server, moderator, client, tmp_path
):
    builders.make_index()
    import_stories(tmp_path)
    tab = admin.open_tab(new_page)
    tab.add_init_script(TELL_OF_MENU)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(live_server.url + LIST)
    expect(rows(tab)).to_have_count(2)

    triage(tab)

    # Decide, then publish.
    tab.goto(f"{live_server.url}{LIST}?consent=undecided")
    expect(rows(tab)).to_have_count(2)
    do_with_all(tab, NOBODY_IS_DESCRIBED, "Yes, nobody is described", "2 pages are answered")
    expect(rows(tab)).to_have_count(0)
    assert not StoryPage.objects.published().exists()
    tab.goto(f"{live_server.url}{LIST}?status=draft")
    expect(rows(tab)).to_have_count(2)
    do_with_all(tab, PUBLISH, "Yes, publish", "2 pages have been published")

    assert not open_items().exists()
    for story in StoryPage.objects.published():
        assert "Fifty members" in client.get(story.url).text, story.slug
