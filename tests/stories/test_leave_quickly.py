"""The button that leaves a page quickly: where it is, and what it is without JavaScript."""

import pytest

from home.models import SiteSettings
from tests.support.builders import home_page, make_index, make_plain_page, make_story, parse, save_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def leave_link(client, address):
    """Return the button, which is a link, on the page at `address`; None if it has none."""
    return parse(client.get(address)).select_one(".leave__link")


def make_help_page():
    """Return a new plain page that is the help page of the site."""
    page = make_plain_page("Get help")
    save_with(home_page(), help_page=page)
    return page


def test_pages_have_no_button_unless_they_ask_for_it(client):
    make_help_page()
    for address in ["/", make_index().url, make_story().url, make_plain_page("About").url, "/search/"]:
        assert leave_link(client, address) is None, address
        assert b"leave_quickly.js" not in client.get(address).content


def test_story_and_plain_page_have_it_when_the_editor_ticks_so(client):
    assert leave_link(client, make_story(show_leave_quickly=True).url)
    assert leave_link(client, make_plain_page("About", show_leave_quickly=True).url)


def test_help_page_always_has_it_as_a_plain_link_to_where_the_editor_chose(client):
    page = make_help_page()
    assert not page.show_leave_quickly
    link = leave_link(client, page.url)
    assert link["href"] == "https://www.wikipedia.org/", "the default of SiteSettings.leave_url"
    assert {"noreferrer", "noopener"} <= set(link["rel"]), "the other site is not told where the reader was"
    save_with(SiteSettings.for_site(home_page().get_site()), leave_url="https://weather.example.org/")
    links = [a["href"] for a in parse(client.get(page.url)).select("a")]
    assert links[:2] == ["#main", "https://weather.example.org/"], "the first after the one that skips"


def test_reader_is_told_what_it_cannot_hide_and_where_to_read_more(client):
    page = make_help_page()
    tree = parse(client.get(make_story(show_leave_quickly=True).url))
    told = tree.select_one(f"#{tree.select_one('.leave__link')['aria-describedby']}")
    assert "history" in told.text
    assert "Shift key three times" in told.text
    assert told.select_one("a")["href"] == page.url
    # On the help page itself that link would lead nowhere.
    told = parse(client.get(page.url)).find(id=told["id"])
    assert "history" in told.text
    assert not told.select("a")
