"""Pages in several languages: the URL sets the language, and each page links to its public translations."""

import re

import pytest
from django.contrib.auth.models import Group
from django.utils.text import slugify
from wagtail.models import Site

from home.models import HomePage
from stories import content_notes, terms
from stories.models import StoryPage, StoryTheme
from tests.support import builders, committed, wsgi
from tests.support.builders import home_page, make_index, make_plain_page, make_private, make_story, parse
from tests.support.page_heads import SITE, change_settings
from tests.support.translations import make_home, make_index_in, make_pair, make_translation
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# Attributes with words that are shown or read aloud.
WORDY_ATTRIBUTES = ["alt", "aria-label", "placeholder", "data-copied", "data-no-suggestions"]
WORDY_ATTRIBUTES += ["data-suggestions-label"]


def switcher(client, address):
    """Return (language, href, text, aria-current) of each link of the language switcher."""
    return switcher_in(parse(client.get(address)))


def hrefs(client, address):
    return [link[1] for link in switcher(client, address)]


def switcher_in(page):
    links = page.select(".site-header a[hreflang]")
    assert all(link["lang"] == link["hreflang"] for link in links)
    return [(link["lang"], link["href"], link.text, link.get("aria-current")) for link in links]


def alternates_in(page):
    """Return {hreflang: path} of the alternates in the <head>."""
    links = page.select("head link[rel=alternate][hreflang]")
    return {link["hreflang"]: link["href"].removeprefix(SITE) for link in links}


# --- The URL sets the language -------------------------------------------------------------------------


def test_the_browsers_languages_and_cookies_change_nothing(client, subtests):
    make_pair()
    client.cookies["django_language"] = "es"
    # Slugs that begin as the code of a language.
    odd = [make_plain_page("Father Michael", slug=slug).url for slug in ("fr-michael", "FR", "es-salam")]
    for address in ("/", "/stories/", "/search/", "/no-such-page/", "/fr/", "/fr/search/", *odd):
        with subtests.test(address), committed.caches_in_use():
            wanted = ("ar", "fr")
            answers = [client.get(address, headers={"Accept-Language": language}) for language in wanted]

            language = "fr" if address.startswith("/fr/") else "en"
            assert len({answer.content for answer in answers}) == 1
            for answer in answers:
                assert "accept-language" not in answer.headers.get("Vary", "").lower()
                assert answer.headers["Content-Language"] == language
            assert parse(answer).html["lang"] == language


def test_pages_are_in_the_language_of_their_url(client):
    document = builders.make_document(content=b"x" * 1536)  # one and a half KiB
    body = [{"type": "document", "value": {"document": document.pk, "title": "Questions"}}]
    (story, french), (_other, arabic) = make_pair(body=body), make_pair("ar")
    assert french.url == "/fr/list/one/"
    for page, expected in {
        story: ("ltr", "Skip to the content", "1 October 2025", "Senegal"),
        french: ("ltr", "Aller au contenu", "1 octobre 2025", "Sénégal"),
        arabic: ("rtl", "الانتقال إلى المحتوى", "1 أكتوبر، 2025", "السنغال"),
    }.items():
        html = parse(client.get(page.url))
        found = [html.select_one(part).text for part in (".skip-link", ".byline time", ".tag")]
        assert (html.html.get("dir", "ltr"), *found) == expected
    assert parse(client.get(french.url)).select_one(".document__kind").text == "(TXT, 1,5\xa0Kio)"


def test_a_site_without_english_shows_its_home_page_without_a_prefix_too(client):
    home_page().unpublish()
    site = Site.objects.get()
    site.root_page = make_home("fr")
    site.save()
    assert [parse(client.get(address)).h1.text for address in ("/", "/fr/")] == ["Headline fr"] * 2
    assert client.get("/es/").status_code == 404


# Names that pages in Arabic have in Latin letters: a key, an app, and the language English.
LATIN_NAMES = {"Shift", "WhatsApp", "English"}


def find_latin_words(page):
    """Return the words in Latin letters that `page` shows or that a screen reader says, without addresses."""
    for tag in page.select(".story-end__source"):
        tag.decompose()
    attributes = [tag[name] for name in WORDY_ATTRIBUTES for tag in page.select(f"[{name}]")]
    texts = [page.title.text, page.body.get_text(" "), *attributes]
    return set(re.findall(r"[A-Za-z]+", " ".join(texts))) - LATIN_NAMES


def test_pages_in_arabic_have_no_english_words(client):
    """Check above all the words that come from models and from Python. All content is in Arabic here."""
    index = make_index_in("ar", "قصص")
    home = HomePage.objects.get(locale=index.locale)
    help_page = make_plain_page("مساعدة", parent=home, locale=index.locale, introduction="أجور وقصص")
    HomePage.objects.filter(pk=home.pk).update(help_page=help_page, help_line="<p>٠</p>", headline="أجور")
    change_settings(organisation_name="جمعية", contact_email="change@example.org")
    section = make_index(index, "أجور في أفريقيا", locale=index.locale)
    terms.Theme.objects.create(name="أجور", locale=index.locale)
    fields = {"summary": "أجور", "locale": index.locale, "themes": ["أجور"], "body": []}
    fields |= {"content_notes": content_notes.ContentNote.values, "show_leave_quickly": True}
    make_story("أجور", index, countries=["SN"], **fields)
    story = make_story("أجور العمل", index, countries=["CD"], **fields)
    # Among them a search with a filter, a cry for help, and a text that is too long.
    searched = ["أجور", "أجور طائرة", "طائرة", "قصص&year=2001", "ساعدوني", "أ" * 201]
    searches = [f"/ar/search/?q={words}" for words in searched]
    addresses = [page.url for page in (home, index, section, help_page, story)]
    addresses += [f"{index.url}?year=x", "/ar/x/", *searches]

    with committed.caches_in_use():
        pages = {address: parse(client.get(address)) for address in addresses}
    suggestions = client.get("/ar/search/suggestions/?q=أجور").json()["suggestions"]

    found = {address: find_latin_words(page) for address, page in pages.items()}
    assert not any(found.values()), found
    # Arabic letters before a comma, a semicolon or a question mark that is not the Arabic one.
    odd = re.compile("[\u0621-\u064a] ?[,;?]")
    signs = {address: odd.findall(page.body.get_text()) for address, page in pages.items()}
    assert not any(signs.values()), signs
    assert pages[searches[0]].select(".facet__label") and pages[searches[-1]].select("[role=alert]")
    assert not re.search("[A-Za-z]", " ".join(entry["kind"] for entry in suggestions))


# --- Links to other languages --------------------------------------------------------------------


def test_each_page_links_to_its_translations_in_the_header_and_in_the_head(client):
    story, french = make_pair()
    pair = {"en": story.url, "fr": french.url, "x-default": story.url}
    for address, current in ((story.url, "en"), (french.url, "fr"), (f"{story.url}?utm_source=mail", "en")):
        page = parse(client.get(address))
        marks = ["true" if language == current else None for language in ("en", "fr")]
        links = [("en", story.url, "English", marks[0]), ("fr", french.url, "Français", marks[1])]
        assert switcher_in(page) == links
        assert alternates_in(page) == pair
        assert all(link["href"].startswith(f"{SITE}/") for link in page.select("head link[hreflang]"))


def test_languages_are_in_the_order_of_the_settings(client):
    for language in ("ar", "es", "fr"):
        make_home(language)
    found = [(language, text) for language, _href, text, _current in switcher(client, "/")]
    assert found == [("en", "English"), ("fr", "Français"), ("es", "Español"), ("ar", "العربيّة")]


@pytest.mark.usefixtures("committed")
def test_search_in_another_language_is_for_the_same_words():
    make_pair()
    client = wsgi.SiteClient()  # caches the home pages

    # The theme has another slug in the other language, and its results have other numbers of pages.
    same = "search/?q=wages+here&year=2025"
    assert hrefs(client, f"/{same}&theme=debt&page=2") == [f"/{same}", f"/fr/{same}"]
    assert hrefs(client, "/fr/search/") == ["/search/", "/fr/search/"]
    # The cached home pages have not changed: copies of them got the links to the searches.
    assert hrefs(client, "/") == ["/", "/fr/"]


def test_there_is_no_x_default_without_a_page_in_the_default_language(client):
    home = make_home("fr")
    french = make_plain_page("Seulement", parent=home, locale=home.locale)
    spanish = make_translation(french, make_home("es"))

    assert alternates_in(parse(client.get(french.url))) == {"fr": french.url, "es": spanish.url}


def test_pages_in_one_language_have_no_language_switcher(client):
    for address in ("/", "/search/", "/no-such-page/"):
        assert switcher(client, address) == []
    make_pair()
    alone = make_plain_page("Alone")

    page = parse(client.get(alone.url))
    assert switcher_in(page) == page.select("nav[aria-label=Languages]") == []
    # A reader of another language gets to its home page.
    links = page.select("footer ul[aria-label=Languages] a")
    assert [(link["lang"], link["href"]) for link in links] == [("en", "/"), ("fr", "/fr/")]
    assert alternates_in(page) == {}
    # A response without a page links to the home pages.
    page = parse(client.get("/no-such-page/"))
    assert [link[1] for link in switcher_in(page)] == ["/", "/fr/"]
    assert alternates_in(page) == {}


def test_filtered_and_later_pages_of_a_list_link_to_the_whole_list(client, monkeypatch):
    monkeypatch.setattr("stories.listing.STORIES_PER_PAGE", 1)
    make_pair()  # of Senegal
    make_story(countries=["KE"])

    kenya = "/stories/country/kenya/"
    lists = {"/stories/?country=senegal": "/stories/", "/stories/?page=2": "/stories/"}
    for address, own in {kenya: kenya, **lists}.items():
        page = parse(client.get(address))
        assert [link[1] for link in switcher_in(page)] == [own, "/fr/list/"], address
        assert alternates_in(page) == {}, address
    # A parameter that is no filter changes nothing.
    assert alternates_in(parse(client.get("/stories/?utm_source=mail")))["fr"] == "/fr/list/"


def test_the_list_of_a_term_links_to_that_list_in_other_languages(client):
    index, french = (page.get_parent() for page in make_pair())
    mines = builders.make_theme("Mining").copy_for_translation(french.locale)
    mines.name, mines.slug = "Mines", "mines"
    mines.save()
    make_story(parent=index, countries=["SN"], themes=["Mining"])
    story = make_story("Une histoire", french, locale=french.locale, countries=["SN"])
    StoryTheme.objects.create(story=story, theme=mines)
    for english, other in (("country/senegal/", "country/senegal/"), ("theme/mining/", "theme/mines/")):
        links = [f"/stories/{english}", f"/fr/list/{other}"]
        for address in links:
            page = parse(client.get(address))
            assert [link[1] for link in switcher_in(page)] == links
            assert alternates_in(page) == {}
    story.unpublish()
    assert hrefs(client, "/stories/theme/mining/")[1] == "/fr/list/"


# --- Only what is public -------------------------------------------------------------------------


# {how the French translation of a story becomes hidden: function of the translation}
WAYS_TO_HIDE_IT = {
    "unpublished": lambda french: french.unpublish(),
    "expired": lambda french: StoryPage.objects.filter(pk=french.pk).update(live=False, expired=True),
    "private": make_private,
    "in a private list": lambda french: make_private(french.get_parent()),
    "language unpublished": lambda french: french.get_parent().get_parent().unpublish(),
    "language private": lambda french: make_private(french.get_parent().get_parent()),
}


def test_nothing_links_to_a_translation_that_is_not_public(client, subtests):
    story, french = make_pair()
    spanish = make_translation(story, make_index_in("es"), date=story.date, summary="En breve.")
    for name, hide in WAYS_TO_HIDE_IT.items():
        with subtests.test(name), undone():
            hide(StoryPage.objects.get(pk=french.pk))

            response = client.get(story.url)
            page = parse(response)
            assert [link[1] for link in switcher_in(page)] == [story.url, spanish.url]
            assert set(alternates_in(page)) == {"en", "es", "x-default"}
            assert french.url not in response.text
            assert french.url not in client.get(spanish.url).text


def test_a_private_page_links_to_its_public_translation(client):
    story, french = make_pair()
    make_private(french)
    client.force_login(builders.make_user("Editors"))

    assert hrefs(client, french.url) == [story.url]


def test_languages_take_no_more_queries_and_are_in_no_menu(client, django_assert_num_queries, wagtail_cache):
    about = make_plain_page("About", show_in_menus=True)
    for languages in (["fr"], ["es", "ar"]):
        for language in languages:
            make_translation(about, make_home(language), show_in_menus=True)
        client.get("/about/")  # the first request fills Wagtail's caches
        with django_assert_num_queries(8):
            page = parse(client.get("/about/"))
        assert [link.text for link in page.select(".menu__link")] == ["About"]


# --- Translating ---------------------------------------------------------------------------------


def test_editors_copy_a_page_to_another_language_to_translate_it(client):
    _story, french = make_pair()
    for group in ("Editors", "Moderators", "Editors without the permission"):
        other = make_story(f"A story for {group}", summary="In short.")
        client.force_login(builders.make_user(group.split()[0]))
        address = f"/admin/translation/submit/page/{other.pk}/"
        if group == "Editors":  # once, because the page of the editor takes long
            assert address in client.get(f"/admin/pages/{other.pk}/edit/").text
        if "without" in group:
            Group.objects.get(name="Editors").permissions.filter(codename="submit_translation").delete()
        response = client.post(address, {"locales": [french.locale_id]})
        copies = StoryPage.objects.filter(translation_key=other.translation_key, locale=french.locale)
        if "without" in group:
            assert not copies.exists()
            continue
        copy = copies.get()
        assert response.url == f"/admin/pages/{copy.pk}/edit/"
        assert copy.get_parent().pk == french.get_parent().pk
        assert (copy.live, copy.summary) == (False, "In short.")


def test_a_copy_is_filed_under_the_themes_and_authors_of_its_language(client):
    """A theme without a translation is dropped: it has no page in that language. A name stays as it is."""
    _story, french = make_pair()
    mining, staff = builders.make_theme("Mining"), builders.make_author("Staff")
    for term, name in ((mining, "Mines"), (staff, "L’équipe")):
        term_copy = term.copy_for_translation(french.locale)
        term_copy.name, term_copy.slug = name, slugify(name)
        term_copy.save()
    other = make_story("Another", themes=["Mining", "Untranslated"], authors=["Staff", "A. Person"])

    copy = other.copy_for_translation(french.locale)

    copy.get_latest_revision().publish()
    page = parse(client.get(StoryPage.objects.get(pk=copy.pk).url))
    assert [tag.text for tag in page.select(".tag")] == ["Mines"]
    assert all(client.get(tag["href"]).status_code == 200 for tag in page.select(".tag"))
    authors = page.select(".byline__author > span:last-child")
    assert [author.text for author in authors] == ["Par L’équipe", "A. Person"]
    assert [theme.name for theme in other.themes] == ["Mining", "Untranslated"]
