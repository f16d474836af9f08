"""Index pages: pagination, filters with their counts, and the lists of one country or theme."""

import datetime
from functools import cache

import pytest
from django.http import QueryDict
from django.test import Client
from wagtail.models import Locale

from stories import listing, terms
from stories.models import StoryPage, StoryTheme
from tests.support.builders import make_index, make_story, make_theme, parse, save_with
from tests.support.committed import caches_in_use

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def stories(module_transaction):
    """Six stories: five in two sections, and F in none. The later in the alphabet, the newer.

    All tests of this module share them. Tests of other stories use a list of their own, "Archive".
    """
    africa, asia = (make_index(make_index(), title=title) for title in ("Africa", "Asia"))
    filed = [  # (title, section, countries, themes, year)
        ("A", africa, ["KE"], ["Debt"], 2023),
        ("B", africa, ["KE", "UG"], ["Debt", "Law"], 2024),
        ("C", africa, ["SN"], ["Law"], 2024),
        ("D", asia, ["IN"], ["Debt"], 2024),
        ("E", asia, ["IN", "NP"], [], 2025),
        ("F", None, [], [], 2025),
    ]
    for number, (title, parent, countries, themes, year) in enumerate(filed, 1):
        date = datetime.date(year, number, 1)
        make_story(title, parent=parent, countries=countries, themes=themes, date=date)


@pytest.fixture(scope="module")
def read(stories):
    """Return a function that returns the page at an address as an HTML tree. It asks for each once."""

    @cache
    def read(address):
        response = Client().get(address)
        assert response.status_code == 200
        return parse(response)

    return read


def titles(client, address):
    """Return the titles of the stories in the list at `address`, in its order."""
    response = client.get(address)
    assert response.status_code == 200
    return titles_in(parse(response))


def titles_in(page):
    """Return the titles of the stories in the list of `page`, an HTML tree."""
    return [title.text for title in page.select(".listing .card__title")]


def list_for(query):
    """Return the StoryListing of the top index for a query string, as its page makes it."""
    index = make_index()
    return listing.StoryListing(StoryPage.objects.below(index), QueryDict(query), index)


def listed(query):
    """Return the titles of the stories in the list for a query string, without making its page."""
    return [story.title for story in list_for(query).page]


def choices(client, address):
    """Return {label of a facet: its choices, such as "Kenya(2)"} of the list at `address`."""
    return choices_in(parse(client.get(address)))


def choices_in(page):
    return {
        facet.select_one(".facet__label").text: [
            choice.get_text(strip=True) for choice in facet.select(".facet__choice")
        ]
        for facet in page.select(".facet")
    }


# --- The pages of a list, and whether it has filters ---------------------------------------------


def test_a_list_of_more_stories_than_a_page_holds_has_pages(client, monkeypatch):
    assert listing.STORIES_PER_PAGE == 12
    monkeypatch.setattr(listing, "STORIES_PER_PAGE", 2)  # so that the test needs few stories
    archive = make_index(title="Archive")
    for number in range(1, 6):
        make_story(
            f"Story {number}",
            parent=archive,
            themes=["Debt", "Law"] if number % 2 else ["Debt"],  # a story with two is listed once
            date=datetime.date(2025, 1, number),
        )

    assert titles(client, "/archive/") == ["Story 5", "Story 4"]
    assert titles(client, "/archive/?page=3") == ["Story 1"]
    page = parse(client.get("/archive/?page=2"))
    assert titles_in(page) == ["Story 3", "Story 2"]
    assert page.select_one(".listing__count").text.strip() == "5 stories"
    assert page.find(string="Page 2 of 3")
    assert page.select_one("title").text.startswith("Archive (page 2) – ")
    links = {link["rel"][0]: link["href"] for link in page.select(".pagination__link")}
    assert links == {"prev": "?page=1", "next": "?page=3"}
    numbers = [(number["href"], number.get("aria-current")) for number in page.select("a.pagination__number")]
    assert numbers == [("?page=1", None), ("?page=2", "page"), ("?page=3", None)]
    # The links keep the filters.
    page = parse(client.get("/archive/?theme=debt&year=2025"))
    assert page.select_one(".pagination__link")["href"] == "?theme=debt&year=2025&page=2"
    assert titles(client, "/archive/?theme=debt&year=2025&page=3") == ["Story 1"]


@pytest.mark.sqlite_only
def test_empty_list_says_so(client):
    make_index(title="Archive")

    html = client.get("/archive/").content.decode()

    assert "There is no story here yet." in html
    assert "0 stories" in html
    assert 'class="facet"' not in html


@pytest.mark.sqlite_only
def test_filters_are_one_closed_line_with_the_number_of_active_ones(read):
    def title(address):
        """Return the line that opens the filters on small screens."""
        filters = read(address).select_one(".listing > .listing__filters > details")
        assert not filters.has_attr("open")
        return " ".join(filters.summary.text.split())

    assert title("/stories/") == "Filter"
    assert title("/stories/?theme=debt&year=2024") == "Filter (2)"


@pytest.mark.sqlite_only
def test_list_of_three_stories_or_fewer_offers_filters_only_while_one_is_active(read):
    with_filters = {
        address: bool(choices_in(read(address)))
        for address in ("/stories/", "/stories/africa/", "/stories/asia/", "/stories/?country=senegal")
    }
    assert with_filters == {
        "/stories/": True,  # six stories
        "/stories/africa/": False,  # three
        "/stories/asia/": False,  # two
        "/stories/?country=senegal": True,  # one
    }


# --- Sections ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("filters_on_short_lists")
def test_index_lists_the_stories_of_its_sections_and_a_section_only_its_own(client, stories):
    assert titles(client, "/stories/") == ["F", "E", "D", "C", "B", "A"]
    assert titles(client, "/stories/africa/") == ["C", "B", "A"]
    assert titles(client, "/stories/asia/") == ["E", "D"]
    assert choices(client, "/stories/africa/")["Country"] == ["Kenya(2)", "Senegal(1)", "Uganda(1)"]


# --- Filters -------------------------------------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("filters_on_short_lists")
def test_choices_are_in_the_order_of_their_names_whatever_their_accents_and_capitals(client):
    archive = make_index(title="Archive")
    make_story("A lamp", parent=archive, countries=["ZW", "AX"], themes=["Zeal", "law", "Échange"])
    for address in ("/archive/", "/search/?q=lamp"):
        facets = choices(client, address)
        assert facets["Country"] == ["Åland Islands(1)", "Zimbabwe(1)"]
        assert facets["Theme"] == ["Échange(1)", "law(1)", "Zeal(1)"]


def test_filters_combine(read):
    with caches_in_use():  # No list gets what is cached of another one.
        for query, expected in [
            ("country=kenya", ["B", "A"]),
            ("theme=debt", ["D", "B", "A"]),
            ("year=2024", ["D", "C", "B"]),
            ("country=kenya&theme=debt", ["B", "A"]),
            ("country=kenya&theme=debt&year=2024", ["B"]),
            ("country=kenya&year=2025", []),
            ("country=&theme=&year=", ["F", "E", "D", "C", "B", "A"]),
            ("country=kenya&page=2", ["B", "A"]),
        ]:
            assert listed(query) == expected, query
    assert titles_in(read("/stories/?country=kenya&theme=debt&year=2024")) == ["B"]


def test_choices_show_their_number_of_stories(read):
    assert choices_in(read("/stories/")) == {
        "Country": ["India(2)", "Kenya(2)", "Nepal(1)", "Senegal(1)", "Uganda(1)"],
        "Theme": ["Debt(3)", "Law(2)"],
        "Year": ["2025(2)", "2024(3)", "2023(1)"],
    }
    # Filters of other facets count; that of the same facet does not, because a choice replaces it.
    assert choices_in(read("/stories/?country=kenya&year=2024")) == {
        "Country": ["India(1)", "Kenya(1)", "Senegal(1)", "Uganda(1)"],
        "Theme": ["Debt(1)", "Law(1)"],
        "Year": ["2024(1)", "2023(1)"],
    }


@pytest.mark.usefixtures("filters_on_short_lists")
def test_facets_are_cached_for_each_list_alone(client, stories):
    lists = [
        *("", "?theme=debt", "?theme=law&year=2024", "country/kenya/", "country/uganda/", "theme/debt/"),
        *("theme/law/", "country/kenya/?theme=debt", "africa/", "asia/"),
    ]

    def read_all():
        return {each: choices_in(parse(client.get(f"/stories/{each}"))) for each in lists}

    expected = read_all()
    with caches_in_use():
        assert read_all() == expected
    assert len({str(facets) for facets in expected.values()}) > 8, "most lists have other facets"


def test_a_story_with_two_themes_of_the_same_slug_counts_and_is_listed_once(client, stories):
    locale, _is_new = Locale.objects.get_or_create(language_code="fr")
    french = terms.Theme.objects.create(name="Debt", locale=locale)
    for title in ("B", "C"):  # B has the English theme, too
        StoryTheme.objects.create(story=StoryPage.objects.get(title=title), theme=french)

    assert choices(client, "/stories/") | {"Country": None} == {
        "Country": None,  # not compared
        "Theme": ["Debt(4)", "Law(2)"],
        "Year": ["2025(2)", "2024(3)", "2023(1)"],
    }
    assert titles(client, "/stories/?theme=debt") == ["D", "C", "B", "A"]
    page = parse(client.get("/stories/?theme=debt&country=kenya"))
    assert page.select_one(".listing__count").text.strip() == "2 stories"
    assert choices_in(page)["Year"] == ["2024(1)", "2023(1)"]


def test_story_without_a_date_is_counted_in_no_year(client, stories):
    StoryPage.objects.filter(title="A").update(date=None)

    page = parse(client.get("/stories/"))

    assert page.select_one(".listing__count").text.strip() == "6 stories"
    assert choices_in(page)["Year"] == ["2025(2)", "2024(3)"]


@pytest.mark.sqlite_only
def test_each_active_filter_can_be_removed(read):
    page = read("/stories/?country=kenya&theme=debt&year=2024")

    active = [(tag.contents[0].strip(), tag["href"]) for tag in page.select(".tag--active")]
    assert active == [
        ("Kenya", "?theme=debt&year=2024"),
        ("Debt", "?country=kenya&year=2024"),
        ("2024", "?country=kenya&theme=debt"),
    ]
    marked = page.select(".facet__choice[aria-current]")
    assert [choice["href"] for choice in marked] == [href for _, href in active]
    assert titles_in(read(f"/stories/{active[0][1]}")) == ["D", "B"]


@pytest.mark.sqlite_only
def test_filters_without_a_story_say_so_and_link_to_the_whole_list(read):
    page = read("/stories/?country=kenya&year=2025")

    assert page.select_one(".listing__count").text.strip() == "0 stories"
    assert "No story fits all of these filters." in page.text
    assert page.find("a", string="Show all stories")["href"] == "/stories/"
    active = [(tag.contents[0].strip(), tag["href"]) for tag in page.select(".tag--active")]
    assert active == [("Kenya", "?year=2025"), ("2025", "?country=kenya")]


# Query strings with a filter that the page leaves out, and says so. KE is the code of Kenya, not its slug.
BAD_FILTERS = [
    *("country=no-such-country", "country=KE", "country=france", "country=kenya'--"),
    *("theme=%D8%B9%D9%85%D9%84", "country=%F0%9F%98%80"),  # an Arabic word, an emoji
    *("country=%00", "country=ken%00ya", "country=%C3%28"),  # the last is no valid UTF-8
    *("theme=<script>alert(1)</script>", f"country={'x' * 3000}", f"theme={'x' * 3000}"),
    *("year=soon", "year=99999999999999999999", "year=0", "year=-2024"),
]


def test_odd_filter_gives_no_error_and_is_ignored_if_it_is_invalid(client, stories):
    everything = listed("")
    for query in BAD_FILTERS:
        assert list_for(query).has_bad_filter and listed(query) == everything, query
    for query in ("year=%D9%A2%D9%A0%D9%A2%D9%A4", "country[]=kenya&unknown=1"):  # 2024 in Arabic digits
        assert not list_for(query).has_bad_filter and listed(query), query
    # The list of a term uses the same form.
    for address in ("/stories/", "/stories/country/kenya/"):
        page = parse(client.get(f"{address}?theme=<script>alert(1)</script>&country=%C3%28"))
        assert "fits no story here, and is left out" in page.text
        assert titles_in(page) == titles(client, address)
        assert "<script>alert" not in str(page)


# Values of the parameter "page".
BAD_NUMBERS = ["0", "-1", "999", "two", "", "1.5", "%00", "9" * 400, "%F0%9F%98%80", "1e9", "%C3%28"]


@pytest.mark.sqlite_only
def test_bad_page_number_leads_to_a_page_that_exists(client, stories):
    for number in BAD_NUMBERS:
        assert len(listed(f"page={number}")) == 6, number
    for address, number in (("/stories/", 6), ("/stories/theme/debt/", 3)):
        assert len(titles(client, f"{address}?page=two")) == number


# --- The lists of a country or a theme -----------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("filters_on_short_lists")
def test_country_and_theme_have_an_address_of_their_own(client, stories):
    page = parse(client.get("/stories/country/kenya/"))
    assert titles_in(page) == ["B", "A"]
    assert page.h1.text == "Kenya"
    assert page.title.text.startswith("Kenya – ")
    assert choices_in(page) == {"Theme": ["Debt(2)", "Law(1)"], "Year": ["2024(1)", "2023(1)"]}
    save_with(make_theme("Debt"), description="Work that never pays off.")
    page = parse(client.get("/stories/theme/debt/"))
    assert titles_in(page) == ["D", "B", "A"]
    assert (page.h1.text, page.select_one(".lede").text) == ("Debt", "Work that never pays off.")
    assert list(choices_in(page)) == ["Country", "Year"]


def test_filters_combine_with_the_address_of_a_term(read):
    assert titles_in(read("/stories/theme/debt/?country=kenya&year=2024")) == ["B"]
    assert titles_in(read("/stories/country/india/?year=2025")) == ["E"]
    # The list has no filter of this kind that readers could see and remove.
    assert titles_in(read("/stories/country/kenya/?country=uganda")) == ["B", "A"]
    assert titles_in(read("/stories/theme/debt/?theme=law")) == ["D", "B", "A"]


# Paths below /stories/ that are no list.
NO_LISTS = [
    *("country/", "theme/", "country/atlantis/", "theme/no-such-theme/", "country/kenya/more/"),
    *("country/france/", "theme/unused/"),  # no story has them
    "country/KE/",  # the code, not the slug
    *("africa/country/kenya/", "africa/theme/debt/"),  # only a top index has the lists of terms
    *("country/ken%00ya/", "theme/%00/", f"theme/{'x' * 2000}/", "country/%F0%9F%98%80/"),
]


def test_paths_that_are_no_list_are_not_found(client, stories, subtests):
    make_theme("Unused")
    with caches_in_use():
        for address in NO_LISTS:
            with subtests.test(address[:40]):
                assert client.get(f"/stories/{address}").status_code == 404


def test_term_that_is_used_in_another_top_index_only_is_not_found(client, stories):
    make_story("Elsewhere", parent=make_index(title="Archive"), countries=["FR"])

    assert client.get("/stories/country/france/").status_code == 404
    assert titles(client, "/archive/country/france/") == ["Elsewhere"]
