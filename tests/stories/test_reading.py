"""What readers meet: the end of a story, empty fields, login and maintenance pages, the button to leave."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from operations.outage import write_page
from tests.support import builders, page_heads, translations
from tests.support.builders import home_page, make_index, make_plain_page, make_story, parse, save_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


# --- Stories, and the help line --------------------------------------------------------------------


def test_story_is_shared_by_plain_links_with_its_full_address(client, settings):
    story = make_story("Wages & debts: “three years”")
    tree, address = parse(client.get(story.url)), settings.BASE_URL + story.url
    ways = {a.text: a for a in tree.select(".share a")}
    assert list(ways) == ["E-mail", "Text message", "WhatsApp"]
    for name, link in ways.items():
        assert address in unquote(link["href"]) and story.title in unquote(link["href"]), name
    # No character in a title ends the subject and begins another field of the message.
    assert parse_qs(urlsplit(ways["E-mail"]["href"]).query)["subject"] == [story.title]
    assert "noreferrer" in ways["WhatsApp"]["rel"]
    assert tree.select_one(".share .needs-script button")["data-copy"] == address


def test_a_story_has_a_mail_link_to_ask_for_its_change_with_its_url(client, settings):
    story = make_story()
    assert not parse(client.get(story.url)).select(".story-end__change [href^=mailto]")
    page_heads.change_settings(contact_email="change@example.org")
    link = urlsplit(parse(client.get(story.url)).select_one(".story-end__change a")["href"])
    assert (link.scheme, link.path) == ("mailto", "change@example.org")
    assert parse_qs(link.query)["body"] == [settings.BASE_URL + story.url]


def test_empty_fields_of_a_story_leave_no_empty_elements(client):
    # Elements for a picture, the terms, content notes, the table of contents, stories to read next and so on.
    parts = "figure, [aria-label='Filed under'], .content-note, .contents, .band, .story__kicker"
    assert parse(client.get(make_story(body=[]).url)).select(f"{parts}, .story__credit") == []


# --- Login, error and maintenance pages ------------------------------------------------------------


def test_private_page_asks_for_a_login_in_the_design_of_the_site(client):
    page = builders.make_private(make_plain_page("For members"))
    response = client.get(page.url, follow=True)
    tree = parse(response)
    assert tree.select_one(".site-header") and tree.h1.text == "Log in"
    assert "For members" not in tree.text
    assert tree.select_one("meta[name=robots]")["content"] == "noindex"
    address = response.redirect_chain[-1][0].partition("?")[0]
    wrong = client.post(address, {"username": "nobody", "password": "wrong", "next": page.url})
    assert parse(wrong).select_one("main [role=alert]")
    client.force_login(builders.make_user())
    assert parse(client.get(page.url)).h1.text == "For members"


def test_maintenance_page_is_one_file_with_the_help_lines_of_all_languages(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    save_with(home_page(), help_line="<p>Call 0800 000 000.</p>")
    save_with(translations.make_home("ar", "Arabic"), help_line="<p>اتصلوا</p>")
    save_with(translations.make_home("fr", "French"), help_line="<p>Pas encore publié</p>", live=False)
    text = write_page().read_text(encoding="utf-8")
    tree = BeautifulSoup(text, "html.parser")
    assert [(part["lang"], part["dir"]) for part in tree.select("section")] == [("en", "ltr"), ("ar", "rtl")]
    assert "Call 0800 000 000." in tree.text and "اتصلوا" in tree.text and "Pas encore" not in text
    # It loads no other file, because the server is down.
    assert not tree.select("script, img, link[rel=stylesheet]")
    style = tree.select_one("style").text
    assert "--paper" in style and "url(" not in style, "the site's stylesheet is in it, and loads no typeface"


# --- The button that leaves a page quickly --------------------------------------------------------


@pytest.fixture
def help_page():
    """A new plain page that is the help page of the site."""
    page = make_plain_page("Get help")
    save_with(home_page(), help_page=page)
    return page


def leave_link(client, address):
    """Return the button, which is a link, on the page at `address`; None if it has none."""
    return parse(client.get(address)).select_one(".leave__link")


def test_pages_have_no_button_unless_they_ask_for_it(client, help_page):
    for address in ["/", make_index().url, make_story().url, make_plain_page("About").url, "/search/"]:
        assert leave_link(client, address) is None, address
        assert "leave_quickly.js" not in client.get(address).text
    assert leave_link(client, make_plain_page("Ticked", show_leave_quickly=True).url)


def test_help_page_always_has_it_as_a_plain_link_to_where_the_editor_chose(client, help_page):
    assert not help_page.show_leave_quickly
    link = leave_link(client, help_page.url)
    assert link["href"] == "https://www.wikipedia.org/", "the default of SiteSettings.leave_url"
    assert {"noreferrer", "noopener"} <= set(link["rel"]), "the other site is not told where the reader was"
    page_heads.change_settings(leave_url="https://weather.example.org/")
    links = [a["href"] for a in parse(client.get(help_page.url)).select("a")]
    assert links[:2] == ["#main", "https://weather.example.org/"], "the first after the one that skips"


def test_reader_is_told_what_it_cannot_hide_and_where_to_read_more(client, help_page):
    # On the help page itself a link to it would lead nowhere.
    for page, links in ((make_story(show_leave_quickly=True), [help_page.url]), (help_page, [])):
        tree = parse(client.get(page.url))
        told = tree.find(id=tree.select_one(".leave__link")["aria-describedby"])
        assert "history" in told.text and "Shift key three times" in told.text
        assert [link["href"] for link in told.select("a")] == links
