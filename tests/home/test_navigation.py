"""Main menu, breadcrumbs, section menu and footer: which pages they have, and the mark of the current one."""

import pytest
from wagtail.models import Page

from tests.support import builders, committed, page_heads, translations
from tests.support.builders import home_page, make_index, make_plain_page, make_private, make_story, parse
from tests.support.hidden_pages import HIDDEN, SHOWN
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


def menu(client, address):
    """Return (text, href, aria-current) of each link of the main menu."""
    links = parse(client.get(address)).select(".menu__link")
    return [(link.text, link["href"], link.get("aria-current")) for link in links]


def section_menu(client, address):
    """Return (text, aria-current) of each link of the section menu."""
    links = parse(client.get(address)).select(".section-menu a")
    return [(link.text, link.get("aria-current")) for link in links]


@pytest.mark.sqlite_only
def test_menu_and_breadcrumbs_mark_where_the_current_page_is(client):
    make_plain_page("About", show_in_menus=True)
    section = make_index(make_index(), title="Africa")
    story = make_story(parent=section, countries=["KE"])
    assert menu(client, "/about/") == [("About", "/about/", "page"), ("Stories", "/stories/", None)]
    for address in (section.url, story.url):
        assert menu(client, address) == [("About", "/about/", None), ("Stories", "/stories/", "true")]
    for address, expected in {
        story.url: [("Home", "/"), ("Stories", "/stories/"), ("Africa", "/stories/africa/")],
        "/stories/": [("Home", "/")],
        "/stories/country/kenya/": [("Home", "/"), ("Stories", "/stories/")],
        "/": [],
    }.items():
        links = parse(client.get(address)).select(".breadcrumbs a")
        assert [(link.text, link["href"]) for link in links] == expected, address


@pytest.mark.sqlite_only
def test_footer_links_the_pages_ticked_for_it_the_feed_and_the_other_versions(client):
    about = make_plain_page("About", show_in_menus=True)
    make_plain_page("Not ticked")
    make_plain_page("Privacy", in_footer=True)
    make_plain_page("House rules", parent=about, in_footer=True)
    make_plain_page("Not yet", live=False, in_footer=True)
    make_private(make_plain_page("For members", in_footer=True))
    make_index()
    translations.make_home("fr")

    footer = parse(client.get("/")).select_one(".site-footer")
    links = [(link.text, link["href"]) for link in footer.select("ul a")]
    ticked = [("House rules", "/about/house-rules/"), ("Privacy", "/privacy/")]
    menu = [("About", "/about/"), ("Stories", "/stories/")]
    versions = [("Text only", "?text=1"), ("English", "/"), ("Français", "/fr/")]
    assert links == [*menu, *ticked, ("Follow new stories", "/follow/"), *versions]
    # A page without a translation is linked in the first language, and its link names that language.
    foreign = parse(client.get("/fr/")).select(".site-footer a[hreflang=en]:has(span)")
    assert [(link.span["lang"], link["href"]) for link in foreign] == [("en", href) for _, href in ticked]
    assert "en anglais" in foreign[0].text
    assert parse(client.get("/fr/follow/")).select_one("main a")["href"] == "/fr/feed.atom"
    assert client.get("/feed.atom").status_code == 200


@pytest.mark.sqlite_only
def test_section_menu_shows_two_levels_below_its_top_page_and_no_stories(client):
    about = make_plain_page("About")
    people = make_plain_page("People", parent=about)
    board = make_plain_page("Board", parent=people)
    make_plain_page("Too deep", parent=board)
    make_plain_page("Elsewhere")

    expected = ["About", "People", "Board"]
    for page in (about, people, board):
        titles = section_menu(client, page.url)
        assert titles == [(title, "page" if title == page.title else None) for title in expected]
    assert section_menu(client, "/elsewhere/") == []
    make_story("A story", parent=make_index(make_index(), title="Africa"))
    assert section_menu(client, "/stories/") == [("Stories", "page"), ("Africa", None)]


@pytest.mark.sqlite_only
def test_every_page_has_the_help_page_the_palette_and_the_logo(client, media_root):
    help_page = make_plain_page("Get help now")
    builders.save_with(home_page(), help_page=help_page, help_line="<p>Call somebody.</p>")
    page_heads.change_settings(palette="sea", logo=builders.make_image())
    for address in ("/", "/search/", "/get-help-now/", "/no-such-page/"):
        page = parse(client.get(address))
        link = page.select_one(".help-line a")
        assert (link.text, link["href"]) == ("Get help now", "/get-help-now/")
        assert "Call somebody." in link.find_parent(class_="help-line").text
        assert page.html["class"] == ["palette-sea"]
        assert client.get(page.select_one("img.brand__logo")["src"]).getvalue()


@pytest.mark.sqlite_only
def test_more_pages_take_no_more_queries(client, django_assert_num_queries, wagtail_cache):
    for numbers in ([1], range(2, 12)):  # first with one page in the menu, then with eleven
        for number in numbers:
            make_plain_page("Part", parent=make_plain_page(f"Page {number}", show_in_menus=True))
        client.get("/page-1/part/")  # the first request fills Wagtail's caches
        with django_assert_num_queries(7):  # as measured; what matters is that it is the same both times
            client.get("/page-1/part/")


def test_hidden_pages_are_in_no_menu_and_no_search_results(client, subtests):
    index, about = make_index(), make_plain_page("About", show_in_menus=True)
    make_plain_page(f"{SHOWN} page", show_in_menus=True)
    make_plain_page(f"{SHOWN} part", parent=about)
    make_index(index, title=f"{SHOWN} section")
    secret = make_plain_page(f"{HIDDEN} page", show_in_menus=True)
    builders.save_with(home_page(), help_page=secret, help_line="<p>Call somebody.</p>")
    story = make_story(body=[{"type": "action", "value": {"label": "Hidden button", "page": secret.pk}}])
    part = make_plain_page(f"{HIDDEN} part", parent=about)
    section = make_index(index, title=f"{HIDDEN} section")
    make_plain_page(f"{HIDDEN} inner page", parent=secret)  # hidden by the page above it
    for hide in (Page.unpublish, make_private):
        with subtests.test(hide.__name__), undone():
            for page in (secret, part, section):
                hide(page)
            with committed.caches_in_use():
                for address in ("/", "/about/", "/stories/", "/search/?q=page", "/no-such-page/"):
                    html = client.get(address).text
                    assert SHOWN in html and HIDDEN not in html, address
                assert "Hidden button" not in client.get(story.url).text
                assert parse(client.get(f"/search/?q={HIDDEN}")).select(".result") == []


# "ar": a home page in another language, as while it is prepared and only users who are logged in may read it.
@pytest.mark.parametrize("language", ["en", "ar"])
def test_texts_of_a_private_home_page_are_shown_only_to_those_who_may_read_it(client, admin_client, language):
    home = home_page() if language == "en" else translations.make_home(language)
    home.tagline = home.headline = home.search_description = f"{HIDDEN} words"
    home.help_line = home.footer_text = f"<p>{HIDDEN} words</p>"
    home.save()
    prefix = home.url.rstrip("/")
    addresses = {"/": 302, "/search/": 200, "/no-such-page/": 404, "/feed.atom": 404}
    make_private(home)
    for address, status in addresses.items():
        response = client.get(f"{prefix}{address}")
        assert response.status_code == status, address
        assert HIDDEN not in response.text, address
    assert HIDDEN not in client.get("/_util/login/").text
    assert HIDDEN in parse(admin_client.get(home.url)).select_one(".site-footer").text
