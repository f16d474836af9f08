"""The end of a story, its empty fields, the help line, and the login, error and maintenance pages."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from wagtail.models import Locale, Site

from home.models import HomePage, SiteSettings
from operations.outage import write_page
from tests.support.builders import home_page, make_plain_page, make_private, make_story, make_user, parse

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


# --- Stories, and the help line --------------------------------------------------------------------


def test_story_is_shared_by_plain_links_with_its_full_address(client, settings):
    story = make_story("Wages & debts: “three years”")
    tree = parse(client.get(story.url))
    ways = {a.text: a for a in tree.select(".share a")}
    assert list(ways) == ["E-mail", "Text message", "WhatsApp"]
    for name, link in ways.items():
        shared = unquote(link["href"])
        assert settings.BASE_URL + story.url in shared, name
        assert story.title in shared, name
    # No character in a title ends the subject and begins another field of the message.
    assert parse_qs(urlsplit(ways["E-mail"]["href"]).query)["subject"] == [story.title]
    assert "noreferrer" in ways["WhatsApp"]["rel"]
    copy = tree.select_one(".share button")
    assert copy["data-copy"] == settings.BASE_URL + story.url
    assert "needs-script" in copy.parent["class"]


def test_a_story_has_a_mail_link_to_ask_for_its_change_with_its_url(client, settings):
    story = make_story()
    assert not parse(client.get(story.url)).select(".story-end__change [href^=mailto]")
    SiteSettings.objects.update_or_create(
        site=Site.objects.get(), defaults={"contact_email": "change@example.org"}
    )
    link = parse(client.get(story.url)).select_one(".story-end__change a")
    assert link["href"].startswith("mailto:change@example.org?")
    assert parse_qs(urlsplit(link["href"]).query)["body"] == [settings.BASE_URL + story.url]


def test_empty_fields_of_a_story_leave_no_empty_elements(client):
    tree = parse(client.get(make_story(body=[]).url))
    # Selectors of the elements for a picture, the terms, content notes, the table of contents and so on.
    parts = [
        *("figure", "[aria-label='Filed under']", ".content-note", ".contents", ".band"),
        *(".story__kicker", ".story__credit"),
    ]
    for part in parts:
        assert not tree.select(part), part


# --- Login, error and maintenance pages ------------------------------------------------------------


def test_private_page_asks_for_a_login_in_the_design_of_the_site(client):
    page = make_private(make_plain_page("For members"))
    response = client.get(page.url, follow=True)
    tree = parse(response)
    assert tree.select_one(".site-header")
    assert tree.select_one("h1").text == "Log in"
    assert "For members" not in tree.text
    assert [label.text for label in tree.select("main label")] == ["Username", "Password"]
    assert tree.select_one("meta[name=robots]")["content"] == "noindex"
    address = response.redirect_chain[-1][0].partition("?")[0]
    wrong = client.post(address, {"username": "nobody", "password": "wrong", "next": page.url})
    assert parse(wrong).select_one("main [role=alert]")
    client.force_login(make_user())
    assert parse(client.get(page.url)).select_one("h1").text == "For members"


def test_maintenance_page_is_one_file_with_the_help_lines_of_all_languages(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    home = home_page()
    home.help_line = "<p>Call 0800 000 000.</p>"
    home.save()
    add_home("ar", home, help_line="<p>اتصلوا</p>")
    add_home("fr", home, help_line="<p>Pas encore publié</p>", live=False)
    text = write_page().read_text(encoding="utf-8")
    tree = BeautifulSoup(text, "html.parser")
    assert [(part["lang"], part["dir"]) for part in tree.select("section")] == [("en", "ltr"), ("ar", "rtl")]
    assert "Call 0800 000 000." in tree.text
    assert "اتصلوا" in tree.text
    assert "Pas encore" not in text
    # It loads no other file, because the server is down.
    assert not tree.select("script, img, link[rel=stylesheet]")
    style = tree.select_one("style").text
    assert "--paper" in style, "a colour of the site's stylesheet: it is in the file"
    assert "url(" not in style, "the typeface is not loaded either"


def add_home(language, home, **fields):
    """Return a new translation of the home page `home` into `language`."""
    locale, _created = Locale.objects.get_or_create(language_code=language)
    fields |= {"title": language, "slug": language, "headline": language, "people": "none", "locale": locale}
    return home.get_parent().add_child(instance=HomePage(translation_key=home.translation_key, **fields))
