"""Hidden pages appear nowhere, and answer as pages that don't exist.

One site has a story for each way to hide it (tests/support/hidden_pages.py), a public story, and links to all
of them from wherever a page can have one. PLACES has the addresses of this site. An empty list proves
nothing, so most of them have to show the public story.
"""

import datetime
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Page, PageLogEntry
from wagtail.rich_text import expand_db_html

from home.models import FeaturedStory
from media.access import is_public
from operations.outage import write_page
from publishing import hiding, trash, visibility
from publishing.models import HiddenPage, TrashedPage
from search import corrections, finding, forms, known_words, promotions
from search.models import KnownWord
from site_project.templatetags.rich_text import without_scripts
from stories.models import StoryCountry, StoryPage
from tests.support import builders, committed, files_of_pages, translations
from tests.support.builders import home_page, make_index, make_private, make_story, parse, save_with
from tests.support.hidden_pages import HIDDEN, SHOWN, WAYS_TO_HIDE, hidden_at_once
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filters_on_short_lists")]


WORDS = "words of the link"
# {address: whether it shows the public story}. No address shows anything of a hidden one.
PLACES = {
    **dict.fromkeys(("/", "/stories/", "/stories/linking/", "/about/"), True),
    **dict.fromkeys(("/feed.atom", "/feed.rss", "/stories/country/kenya/", "/stories/theme/debt/"), True),
    **dict.fromkeys(("/stories/?country=kenya&theme=debt&year=2025", "/search/?q=title"), True),
    # Without results, the search offers the newest stories.
    **dict.fromkeys(("/search/?q=promoted", "/search/?q=nothing", "/search/suggestions/?q=title"), True),
    "/search/?q=title&theme=kept-quiet": True,  # What is no choice filters nothing.
    "/stories/?theme=kept-quiet": True,
    "/stories/theme/kept-quiet/": False,
    **dict.fromkeys(("/stories/country/ghana/", "/sitemap.xml"), False),
    # Not one of these pages exists. The page for errors offers similar addresses.
    **dict.fromkeys(("/no-such-page/", f"/{HIDDEN[:4]}/", f"/stories/{HIDDEN[:4]}/"), False),
}
LINKING = ["/", "/stories/", "/stories/linking/", "/about/"]  # pages with WORDS
LISTS = ["/", "/stories/", "/search/?q=title", "/stories/theme/debt/", "/feed.atom"]
TEXT_ONLY = {f"{address}{'&' if '?' in address else '?'}text=1" for address in [*LINKING, "/search/?q=title"]}
PLACES |= dict.fromkeys(TEXT_ONLY, True)


def body_linking(pages, text):
    """Return the raw body of a page with all blocks that can link to `pages`. `text`: with links to them."""
    blocks = [{"type": "text", "value": text}, {"type": "callout", "value": {"text": text}}]
    film = builders.film_block("0")
    film["value"]["transcript"] = text
    table = {"columns": [{"type": "link", "heading": "A"}], "rows": [{"values": [text]}], "caption": "Facts"}
    chosen = {"heading": "More", "stories": [page.pk for page in pages]}
    buttons = [{"label": f"To {page.title}", "page": page.pk} for page in pages]
    blocks += [film, {"type": "table", "value": table}, {"type": "chosen_stories", "value": chosen}]
    return blocks + [{"type": "action", "value": button} for button in buttons]


class World:
    """The stories `hidden`, in the order of WAYS_TO_HIDE, and the public stories `shown` and `linking`.

    Only hidden stories have the theme "Kept quiet", and the country Ghana.
    """

    def __init__(self):
        filed = {"countries": ["KE"], "themes": ["Debt"]}
        self.hidden = [hide_one() for hide_one in WAYS_TO_HIDE]
        for page in self.hidden:
            StoryCountry.objects.create(story=page, country_id="GH", sort_order=1)
        day, early = datetime.date(2025, 5, 6), datetime.date(2020, 1, 1)
        self.shown = make_story(f"{SHOWN} title", summary=f"{SHOWN} summary.", date=day, **filed)
        make_story("Other", countries=["UG"], themes=["Other", "Debt"], date=datetime.date(2024, 1, 1))
        pages = self.pages = [*self.hidden, self.shown]
        self.text = "".join(f'<p>A <a linktype="page" id="{page.pk}">{WORDS}</a></p>' for page in pages)
        body = body_linking(pages, self.text)
        self.linking = make_story("Linking", slug="linking", body=body, date=early, **filed)
        builders.make_plain_page("About", body=json.dumps(body))
        save_with(make_index(), introduction=self.text)
        home, texts = home_page(), dict.fromkeys(("introduction", "footer_text", "help_line"), self.text)
        home.featured_stories = [FeaturedStory(story=page, sort_order=n) for n, page in enumerate(pages)]
        save_with(home, body=json.dumps(body), help_page=self.hidden[0], **texts)
        query, link = Query.get("promoted"), {"external_link_url": "https://example.org"}
        for page in pages:
            SearchPromotion.objects.create(query=query, page=page)
        for page in self.hidden:
            SearchPromotion.objects.create(query=query, page=page, external_link_text=HIDDEN, **link)
        draft = StoryPage.objects.get(pk=self.linking.pk)  # Its changes are not published.
        draft.title = draft.summary = f"{HIDDEN} draft"
        draft.save_revision()


@pytest.fixture(scope="module")
def world(module_transaction):
    return World()


@pytest.fixture(params=["found by each query", "cached"])
def visitor(request, client, monkeypatch):
    """A client, with each of the two ways in which the site finds out what is hidden.

    Inside of a transaction each query finds hidden pages itself. Otherwise their keys are cached.
    """
    if request.param == "cached":
        committed.act_as_committed(monkeypatch)
    return client


def mistakes_in(client, places):
    """Yield (address, word) where a hidden story is shown, or the public one is not as `places` says."""
    for address, is_shown in places.items():
        text = client.get(address).text
        yield from ((address, word) for word in (HIDDEN, "Ghana") if word.lower() in text.lower())
        yield from ((address, word) for word in ("Kept quiet", 'href="None') if word in text)
        if (SHOWN in text) != is_shown:  # The footer of every page has its address, in lower case.
            yield address, SHOWN


@pytest.mark.sqlite_only
def test_no_place_shows_a_hidden_story(visitor, world):
    assert list(mistakes_in(visitor, PLACES)) == []
    # They may see some of them at their addresses.
    for user in (builders.make_user("Editors"), builders.make_user(is_superuser=True)):
        visitor.force_login(user)
        assert list(mistakes_in(visitor, dict.fromkeys(LISTS, True))) == []


def test_no_hidden_story_is_published(world):
    public = {world.shown.pk, world.linking.pk}
    for few in (False, True):
        found = set(StoryPage.objects.published(few).exclude(title="Other").values_list("pk", flat=True))
        assert found == public
    stored = [StoryPage.objects.get(pk=page.pk) for page in (*world.hidden, world.shown)]
    assert [page.pk for page in stored if visibility.is_published(page)] == [world.shown.pk]


@pytest.mark.sqlite_only
def test_hidden_stories_are_in_no_list_count_or_choice(visitor, world):
    pages = {address: parse(visitor.get(address)) for address in (*LINKING, "/search/?q=promoted")}
    assert len(pages["/"].select(".cards--featured .card")) == 1
    assert pages["/stories/"].select_one(".listing__count").text.strip() == "3 stories"
    choices = [choice.get_text(" ", strip=True) for choice in pages["/stories/"].select(".facet__choice")]
    assert choices[:4] == ["Kenya (2)", "Uganda (1)", "Debt (3)", "Other (1)"]
    assert choices[4:] == ["2025 (1)", "2024 (1)", "2020 (1)"]
    for links in (".chosen-stories .card__title a", ".action a"):
        assert [a["href"] for a in pages["/stories/linking/"].select(links)] == [world.shown.url], links
    related = parse(visitor.get("/stories/other/")).select(".band .card__title a")
    assert [a["href"] for a in related] == [world.shown.url, world.linking.url]
    assert "fits no story here" in visitor.get("/stories/?theme=kept-quiet").text
    nothing = parse(visitor.get(f"/search/?q={HIDDEN}"))  # It has the word of the query.
    assert nothing.select_one(".listing__count").text.strip() == f"0 results for “{HIDDEN}”"
    assert not re.search(rf"{HIDDEN} (title|summary|draft)", nothing.text)


def test_hidden_stories_are_neither_suggested_nor_promoted(client, world):
    assert [each.title for each in promotions.find_promotions("promoted", "en")] == [world.shown.title]
    suggested = {HIDDEN: [], "kept": [], "ghana": [], "debt": ["Debt"], "kenyan": ["Kenya"]}
    suggested["title"] = [world.shown.title]
    for words, expected in suggested.items():
        found = client.get("/search/suggestions/", {"q": words}).json()["suggestions"]
        assert [suggestion["text"] for suggestion in found] == expected, words


@pytest.mark.sqlite_only
def test_links_have_their_words_and_an_address_only_to_what_is_public(client, world):
    address = world.shown.url
    for place in LINKING:
        for path, href in ((place, address), (f"{place}?text=1", f"{address}?text=1")):
            text = client.get(path).text
            assert text.count(WORDS) >= len(world.pages), path
            assert f'href="{href}">{WORDS}</a>' in text, path
    assert address in client.get("/sitemap.xml").text
    for page in world.hidden:  # The footer of each page leads to the help page.
        save_with(home_page(), help_page=page)
        assert HIDDEN.lower() not in client.get("/no-such-page/").text.lower()


@pytest.mark.sqlite_only
def test_page_for_an_outage_has_only_the_words_of_links(world):
    """The front server may show this file when the site can't say whether a page was withdrawn."""
    home, document = home_page(), builders.make_document()
    line = f'<p>Call <a href="tel:+2547">us</a> <a linktype="document" id="{document.pk}">{WORDS}</a></p>'
    save_with(home, help_line=world.text + line)
    text = write_page().read_text()
    assert text.count(WORDS) == len(world.pages) + 1
    assert 'href="tel:+2547"' in text and "/stories/" not in text and "/documents/" not in text
    make_private(home)
    assert "tel:+2547" not in write_page().read_text()


def correct(text):
    form = forms.SearchForm({"q": text})
    assert form.is_valid()
    return finding.Search(form).corrections


def test_a_word_that_only_hidden_pages_have_is_no_correction(world):
    assert correct("quixotik") == []
    assert [each.text for each in correct("quixotik marigolt")] == ["quixotik Marigold"]
    # That the word is known makes no difference.
    KnownWord.objects.all().delete()
    make_story("Quixotry")
    without = correct("quixotrs")
    known_words.store_known_words(["quixotrs"])
    assert correct("quixotrs") == without == [corrections.Correction("Quixotry", is_clear=True)]


# --- Answers -------------------------------------------------------------------------------------
# They, and the time that they take, must not tell that there is such a slug, which can be a name.

METHODS = ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"]
# What differs in each response or query: CSRF tokens, times and all literals.
VARIABLE = re.compile(r"'[^']*'|\b\d[\d.]*\b|%s|value=\"\w+\"")


def answer(client, method, address):
    """Return what a visitor can see or measure: status, headers, length, and the kinds of queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.generic(method, address)
    # A process reads the content version at times, whatever is requested.
    sql = [VARIABLE.sub("?", query["sql"]) for query in queries if "caching_change" not in query["sql"]]
    return response.status_code, dict(response.headers), len(response.content), sql


def find_differences(client, hidden, missing, methods=METHODS):
    """Yield the methods to which the address `hidden` answers in another way than `missing`, with both."""
    for method in methods:
        found, expected = (answer(client, method, address) for address in (hidden, missing))
        if found != expected or found[0] == 200:
            yield method, hidden, found, expected


def test_hidden_page_answers_as_a_missing_one(client, world):
    differences, asking = [], 0
    for page in [*world.hidden, hidden_at_once(make_index(make_index(), "Part"))]:
        response = client.get(page.url)
        if response.status_code == 302:
            assert response.url.startswith("/_util/login/") and HIDDEN not in response.text
            asking += 1
            continue
        missing = f"{page.url.rstrip('/')[:-1]}_/"  # as long, and in the same section
        differences += find_differences(client, page.url, missing, ["GET"])
        with committed.caches_in_use():
            client.get(missing)  # It fills the caches.
            differences += find_differences(client, page.url, missing)
    assert asking == 3, "private pages, and no others, ask for the login"
    hiding.hide(home_page())
    differences += [method for method in METHODS if answer(client, method, "/")[0] != 404]
    assert not differences


@pytest.mark.parametrize("address", ["/stories/{}/{}/", "/stories/{}/{}/feed.atom", "/stories/?{}={}"])
def test_term_of_hidden_stories_answers_as_a_missing_one(client, world, address):
    client.get(address.format("theme", "missing"))  # Django caches content types for the next requests.
    for name, hidden, missing in (("theme", "kept-quiet", "kept-qu_et"), ("country", "ghana", "ghan_")):
        asked = [address.format(name, term) for term in (hidden, missing)]
        of_hidden, of_missing = ([answer(client, method, each) for method in METHODS] for each in asked)
        assert of_hidden == of_missing


def test_list_of_a_private_index_asks_for_the_login(visitor, world):
    make_private(make_index())
    for path in ("", "country/kenya/", "theme/debt/", "?country=kenya"):
        response = visitor.get(f"/stories/{path}")
        assert response.status_code == 302 and response.url.startswith("/_util/login/"), path


# --- Hiding and showing again ---------------------------------------------------------------------


@pytest.mark.usefixtures("media_root")
@pytest.mark.parametrize(("withdrawn", "is_cached"), [("list", False), ("home page", True)])
def test_language_or_list_is_withdrawn_with_all_below_it(client, monkeypatch, withdrawn, is_cached):
    _english, story = translations.make_pair()
    image = builders.make_image()
    builders.save_with(story, title="Lampe", lead_image=image, lead_image_decorative=True)
    index, picture = story.get_parent(), image.get_rendition("width-200|format-jpeg").url
    above = {"list": index, "home page": index.get_parent()}[withdrawn]
    if is_cached:
        committed.act_as_committed(monkeypatch)

    def assert_shown(is_shown):
        for address in (story.url, picture):
            assert files_of_pages.get(client, address).status_code == (200 if is_shown else 404), address
        assert is_public(image) == visibility.is_published(story) == is_shown
        for address in ("/fr/search/?q=lampe", "/sitemap.xml", "/fr/list/"):
            assert (story.url in client.get(address, follow=True).text) == is_shown, address

    assert_shown(True)
    above.unpublish()
    assert_shown(False)
    with undone():  # The tree stores the number of children of each page, which can be wrong.
        Page.objects.filter(pk=above.pk).update(numchild=0)
        assert client.get(story.url).status_code == 404
    assert visibility.is_known_hidden(
        builders.make_plain_page("Page", above)
    ) and not visibility.is_known_hidden(builders.home_page())
    assert client.get("/").status_code == 200
    client.force_login(builders.make_user())
    assert {files_of_pages.get(client, address).status_code for address in (story.url, picture)} == {404}
    client.logout()
    above.save_revision().publish()
    assert_shown(True)


@pytest.mark.usefixtures("committed")
def test_page_is_hidden_until_it_is_shown_again(client):
    story, other, user = builders.make_story(), builders.make_story(), builders.make_user()

    def assert_shown(is_shown):
        statuses = [client.get(page.url).status_code for page in (story, other)]
        assert statuses == [200 if is_shown else 404, 200]

    assert_shown(True)
    assert hiding.hide(story, user) and not hiding.hide(story)
    story.save_revision().publish()  # which shows nothing
    assert_shown(False)
    trash.move_to_trash(builders.make_story(), user)
    user.delete()  # Pages stay hidden, and in the trash, without their user.
    assert HiddenPage.objects.get(page=story.pk).user is TrashedPage.objects.latest("pk").user is None
    assert_shown(False)
    for _time in range(2):
        hiding.show_again(story)
    assert_shown(True)
    actions = PageLogEntry.objects.filter(page=story.pk, action__in=[hiding.HIDE, hiding.SHOW]).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [hiding.HIDE, hiding.SHOW]


WITHOUT = "<p>Before words after.</p>"


# --- Links in rich text ---------------------------------------------------------------------------


def link_to(key):
    """Return rich text, as stored, with a link to the page with the key `key`."""
    return f'<p>Before <a linktype="page" id="{key}">words</a> after.</p>'


def test_text_of_a_link_without_an_address_is_in_no_element(client):
    draft = link_to(make_story(live=False).pk)
    assert WITHOUT in client.get(make_story(body=[{"type": "text", "value": draft}]).url).text
    # Missing pages. An import can store such keys. Each is in a text of its own, because all links of a text
    # take one query. As in a page, without_scripts() removes the <a> without an address.
    keys = ("", "0", "x", "-1", "²", "9" * 18, "9" * 40, '1"', "&quot;")
    assert [key for key in keys if without_scripts(expand_db_html(link_to(key))) != WITHOUT] == []


def in_french(target):
    with translation.override("fr"):
        return expand_db_html(link_to(target.pk))


def test_link_leads_to_the_translation_only_while_both_are_public():
    story, french = translations.make_pair()
    assert f'href="{french.url}"' in in_french(story)
    assert f'href="{story.url}"' in expand_db_html(link_to(story.pk))
    for withdraw in (make_private, Page.unpublish):
        with undone():
            withdraw(StoryPage.objects.get(pk=french.pk))
            assert f'href="{story.url}"' in in_french(story)
        with undone():
            withdraw(StoryPage.objects.get(pk=story.pk))
            assert "href" not in in_french(story)


def test_all_links_of_a_text_take_one_query(wagtail_cache):
    pages = [make_story() for _ in range(8)]
    text = "".join(link_to(page.pk) for page in pages)
    expand_db_html(text)  # fills the caches
    with CaptureQueriesContext(connection) as queries:
        html = expand_db_html(text)
    assert (html.count("href"), len(queries)) == (len(pages), 1)
