"""The search page: order, facets, excerpts, what a query means, help, promoted pages, words about pictures.

tests/publishing/test_visibility.py and tests/search/test_fuzz.py test that it shows nothing hidden.
"""

import datetime
import itertools
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.utils.translation import override
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from caching.content_version import content_version
from caching.versioned_cache import set_request_version
from safeguarding.models import PageHold
from safeguarding.withdrawal.page_holds import release_page
from search import finding, forms
from search.models import MissedSearch, VocabularyGroup
from stories.models import StoryPage
from tests.support import builders, people
from tests.support.translations import make_index_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def search(client, words, **more):
    return builders.parse(client.get(f"/search/?{urlencode({'q': words} | more)}"))


def titles(page):
    return [link.text for link in page.select(".result .card__title a")]


def found_titles(words, language="en"):
    """Return the titles of the results for `words`, as the page lists them; without making its HTML."""
    form = forms.SearchForm({"q": words})
    assert form.is_valid()
    with override(language):
        return [page.title for page in finding.find_or_fall_back(form).get_page(1)]


def facet(page, label):
    """Return {choice: number of results} of the facet with `label`; {} if the page does not have it."""
    for details in page.select(".facet"):
        if details.select_one("summary").text == label:
            texts = (choice.get_text(" ", strip=True) for choice in details.select(".facet__choice"))
            return {name: int(count) for name, count in (text.rstrip(")").rsplit(" (", 1) for text in texts)}
    return {}


def link(page, text):
    """Return the URL of the first link in the main part of the page whose text begins with `text`."""
    return next(a["href"] for a in page.select("main a") if a.get_text(" ", strip=True).startswith(text))


# --- Order ---------------------------------------------------------------------------------------


def test_results_can_be_sorted_by_date(client):
    builders.make_story("A lantern, a lantern, a lantern", date=datetime.date(2020, 1, 1))
    builders.make_story("Other", summary="She had a lantern.", date=datetime.date(2024, 1, 1))
    page = search(client, "lantern")
    assert titles(page) == ["A lantern, a lantern, a lantern", "Other"]
    newest = builders.parse(client.get(f"/search/{link(page, 'Newest first')}"))
    assert titles(newest) == ["Other", "A lantern, a lantern, a lantern"]
    assert "Best match first" in newest.select_one(".sort a").text


def test_other_pages_come_after_stories_unless_their_title_is_typed():
    builders.make_plain_page("Lantern Road", introduction="A lantern, a lantern, a lantern, and privacy.")
    builders.make_story("Candles", summary="She had a lantern on the road, and no privacy.")
    builders.make_plain_page("Privacy")
    assert found_titles("lantern") == ["Lantern Road", "Candles"]
    assert found_titles("privacy") == ["Privacy", "Candles", "Lantern Road"]
    # Its whole title is typed, though it has only some of the words.
    assert found_titles("privacy zeppelin")[0] == "Privacy"


def test_partial_matches_are_ordered_by_how_rare_their_words_are():
    builders.make_story("Lanterns", summary="Lantern, lantern, lantern.")
    for number in range(4):
        builders.make_story(f"Lantern {number}")
    builders.make_story("A candle")
    assert found_titles("lantern candle zeppelin")[0] == "A candle"


# --- Other languages -------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_few_results_are_followed_by_those_in_other_languages_and_partial_ones_preceded(client):
    english, french = "A traite and the candle", "Lanterne de la traite"
    builders.make_story(english)
    builders.make_story(french, make_index_in("fr"))
    page = builders.parse(client.get("/fr/search/?q=traite"))
    assert [link.text for link in page.select(".results a")] == [french, english]
    assert page.select_one("#in-en").get_text(" ", strip=True) == "1 en anglais"
    assert page.select_one("#in-en a")["href"] == "/search/?q=traite"
    assert page.select_one("[lang=en].results a")["hreflang"] == "en"
    # No page in French has both words. “la” is a stop word of the visitor only.
    page = builders.parse(client.get("/fr/search/?q=la+candle+traite"))
    assert [link.text for link in page.select(".results a")] == [english, french]
    for address in ("/fr/search/?q=xylophone", "/fr/search/?q=traite&year=2025"):
        assert not builders.parse(client.get(address)).select("#in-en"), address


# --- Facets --------------------------------------------------------------------------------------


@pytest.fixture
def lanterns():
    builders.make_story("One lantern", countries=["KE"], themes=["Mining"], date=datetime.date(2024, 5, 1))
    builders.make_story(
        "Two lanterns", countries=["KE", "SN"], themes=["Law"], date=datetime.date(2025, 5, 1)
    )
    builders.make_story("No candle", countries=["IN"], themes=["Law"], date=datetime.date(2023, 5, 1))
    builders.make_plain_page("About lanterns")


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("filters_on_short_lists", "committed")
def test_facets_are_in_the_language_of_the_address_even_if_no_page_is(client, lanterns):
    with set_request_version(content_version.read()):  # as for visitors, so that searches are cached
        assert set(facet(search(client, "lantern"), "Country")) == {"Kenya", "Senegal"}
        spanish = builders.parse(client.get("/es/search/?q=lantern"))
    assert set(facet(spanish, "País")) == {"Kenia", "Senegal"}


@pytest.mark.sqlite_only
def test_filters_can_be_combined_and_removed_and_invalid_ones_are_ignored(client, lanterns):
    page = search(client, "lantern", country="kenya", theme="law")
    assert titles(page) == ["Two lanterns"]
    assert facet(page, "Country") == {"Kenya": 1, "Senegal": 1}
    assert facet(page, "Theme") == {"Law": 1, "Mining": 1}
    without = builders.parse(client.get(f"/search/{link(page, 'Law')}"))
    assert sorted(titles(without)) == ["One lantern", "Two lanterns"]
    assert "country=kenya" in link(page, "Law")
    assert "q=lantern" in link(page, "Law")
    # Filters without results can be removed all at once.
    page = search(client, "lantern", country="senegal", year="2024")
    assert "Nothing was found" in page.text
    assert "2024" in page.select_one(".tags").text
    assert link(page, "take all filters off") == "?q=lantern"
    invalid = {"year": "abc", "country": "<x>", "kind": "\x00", "sort": "up"}
    assert len(titles(search(client, "lantern", **invalid))) == 3


# --- Excerpts ------------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_the_matching_part_of_a_text_is_shown_and_highlighted(client):
    filler = "Nothing of it stands here. " * 60
    body = [{"type": "text", "value": f"<p>{filler}The <b>traffickers</b> came to Kédougou. {filler}</p>"}]
    builders.make_story("A road", body=body)
    result = search(client, "kedougou trafficking").select_one(".result")
    assert [mark.text for mark in result.select("mark")] == ["traffickers", "Kédougou"]
    text = " ".join(result.select_one("p:not(.meta)").text.split())
    assert "The traffickers came to Kédougou." in text
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text.split()) == 42, "EXCERPT_LENGTH, which is 40, and both “…”"


@pytest.mark.sqlite_only
def test_a_title_does_not_run_into_the_words_below_it(client):
    fact = {"title": "No child agrees to this", "text": "<p>Nor may an adult.</p>", "source": "Article 3"}
    builders.make_story("A road", body=[{"type": "callout", "value": fact}])
    excerpt = search(client, "child").select_one(".result p:not(.meta)").text
    assert excerpt == "No child agrees to this · Nor may an adult. · Article 3"


# --- Query syntax and vocabulary ------------------------------------------------------------------


def test_phrases_and_exclusions_are_understood(client):
    builders.make_story("Gold mines")
    builders.make_story("Gold in mines", summary="Mines of gold in Kenya.")
    assert titles(search(client, '"gold mine"')) == ["Gold mines"]
    assert found_titles("gold mine -kenya") == ["Gold mines"]
    assert found_titles("gold -“gold mines”") == ["Gold in mines"]


def test_a_mark_that_unicode_counts_as_a_letter_is_no_word(client):
    builders.make_story("Gold mines")
    for language, mark in itertools.product(("en", "ar"), ("\u0640", "\ufc5e", "\uff9e")):
        for words in (mark, f"“{mark}”", f"gold {mark}", f"gold -{mark}"):
            assert found_titles(words, language) == ["Gold mines"] * ("gold" in words), ascii(words)
    assert titles(search(client, "\u0640")) == []


@pytest.mark.sqlite_only
def test_synonyms_are_highlighted_and_listed_and_can_be_switched_off(client):
    builders.make_story("Bonded labour")
    builders.make_story("Debt bondage")
    page = search(client, "bonded labour")
    assert [mark.text for mark in page.select("mark")] == ["Bonded", "labour", "Debt bondage"]
    assert "debt bondage" in page.select_one(".search-hint").text
    exact = builders.parse(client.get(f"/search/{link(page, 'Search only')}"))
    assert titles(exact) == ["Bonded labour"]
    assert len(titles(builders.parse(client.get(f"/search/{link(exact, 'Search also')}")))) == 2


@pytest.mark.sqlite_only
def test_a_misspelt_word_is_corrected_with_a_note(client):
    builders.make_story("The road to Kédougou")
    assert titles(search(client, "the road to Kedogou")) == ["The road to Kédougou"]
    page = search(client, "kedogou")
    assert titles(page) == ["The road to Kédougou"]
    note = page.select_one(".note").text
    assert "Nothing was found for “kedogou”" in note
    assert "“Kédougou”" in note
    filtered = builders.parse(client.get("/search/?q=kedogou&year=1999"))
    assert "These are the results" not in filtered.text, "the filter leaves none"


def test_without_a_full_match_pages_with_some_of_the_words_are_shown_with_one_note(client):
    builders.make_story("The lantern")
    builders.make_story("The candle")
    page = search(client, "lantern candle")
    assert "Nothing has all the words" in page.select_one(".note").text
    assert sorted(titles(page)) == ["The candle", "The lantern"]
    (note,) = search(client, "lanterrn candle").select(".note")
    assert "Nothing was found for “lanterrn candle”. These results have some of the words" in note.text


def test_a_typed_year_is_a_filter_that_can_be_taken_off(client):
    for year in (2023, 2024):
        builders.make_story(f"Gold of {year - 1}", date=datetime.date(year, 5, 1))
    page = search(client, "gold 2024")
    assert titles(page) == ["Gold of 2023"]
    assert [chip.contents[0].strip() for chip in page.select(".tag--active")] == ["2024"]
    everything = builders.parse(client.get(f"/search/{link(page, '2024 ×')}"))
    assert sorted(titles(everything)) == ["Gold of 2022", "Gold of 2023"]
    # No story about gold is of 2022, so the year is searched for as a word.
    assert found_titles("gold 2022") == ["Gold of 2022"]


def test_words_that_every_story_may_have_are_left_out():
    builders.make_story("Gold", body=[])  # the body of other stories has the word
    builders.make_plain_page("Our stories")
    builders.make_story(authors=["Team of the stories"], live=False)  # a name may have them, too
    for words in ("gold stories", "stories about gold", "a story of gold"):
        assert found_titles(words) == ["Gold"], words
    assert "Our stories" in found_titles("stories about")


def test_a_correction_is_offered_only_if_all_its_words_are_found_together(client):
    builders.make_story("The candle and the lamp")
    builders.make_story("The lamb")
    page = search(client, "candle lamt")
    assert [link.text for link in page.select(".search-hint a")] == ["candle lamp"]


def test_a_home_page_is_found_by_its_headline_among_other_pages(client):
    builders.save_with(builders.home_page(), headline="People who got free")
    builders.make_plain_page("Free advice")
    builders.make_story("Free at last")
    builders.make_story("Free again")  # fewer than four results offer no filters
    page = search(client, "free")
    assert "People who got free" in titles(page)
    assert facet(page, "Kind of page") == {"Other pages": 2, "Stories": 2}


def test_without_a_full_match_pages_with_some_words_of_a_term_are_shown():
    builders.make_story("The ferry")
    VocabularyGroup.objects.create(terms="ferry accident\nshipwreck")
    assert found_titles("ferry accident") == ["The ferry"]


# --- Searches without results --------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_a_page_without_results_offers_countries_themes_and_stories(client):
    builders.make_story("A story", countries=["KE"], themes=["Mining"], date=datetime.date(2024, 5, 1))
    builders.make_story("Another story", countries=["SN"], themes=["Law"], date=datetime.date(2025, 5, 1))
    page = search(client, "xylophone")
    assert "0 results for" in page.select_one(".listing__count").text
    assert "Nothing was found" in page.text
    ways = {builders.text_of(a): a["href"] for a in page.select("main .tags a")}
    assert ways["Kenya (1)"] == "/stories/?country=kenya"
    assert ways["Mining (1)"] == "/stories/?theme=mining"
    assert not [href for href in ways.values() if "year" in href], "not a filter for browsing"
    assert "A story" in page.select_one(".cards").text


def test_a_search_without_results_is_counted_without_its_words(client):
    search(client, "xylophone")
    search(client, "zeppelin", page=2)  # not counted: only the first page is
    missed = MissedSearch.objects.get()
    assert (missed.count, missed.words) == (1, "")
    builders.make_story("Lantern")
    search(client, "lantern")
    assert MissedSearch.objects.count() == 1


def test_the_root_of_the_tree_is_never_found():
    builders.make_story("Root")
    call_command("update_index", verbosity=0)
    assert found_titles("root") == ["Root"]


# --- Promoted pages -------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_promoted_pages_come_first(client):
    page = builders.make_plain_page("Start here", introduction="About lanterns.")
    builders.make_story("A lantern")
    query = Query.objects.create(query_string="lantern")
    SearchPromotion.objects.create(query=query, page=page, description="For newcomers.")
    promoted = search(client, "Lantern").select_one(".promoted")
    assert promoted.get_text(" ", strip=True) == "Start here For newcomers."
    assert promoted.a["href"] == page.url
    builders.make_private(page)
    assert search(client, "Lantern").select_one(".promoted") is None


# --- Words about pictures ------------------------------------------------------------------------


def pictured(image, lead_image):
    """Make a story with “axolotl” and “pangolin” only in the texts about `image` and `lead_image`."""
    about = {"image": image.pk, "alt_text": "An axolotl in its tank", "decorative": False}
    pictures = [{"image": about, "caption": "Lantern: the axolotl of Amina"}]
    builders.make_story(
        "A lantern",
        body=[{"type": "pictures", "value": {"pictures": pictures}}],
        lead_image=lead_image,
        lead_image_alt="A lantern beside a pangolin",
    )


def test_words_about_a_picture_are_found_while_it_shows_nobody_and_quoted_while_it_is_shown(client):
    image, lead_image = builders.make_image(), builders.make_image()
    pictured(image, lead_image)

    def find():
        return [bool(found_titles(word)) for word in ("axolotl", "pangolin")]

    def quote():
        return "the axolotl of Amina" in search(client, "lantern").select_one("main").text

    assert (find(), quote()) == ([True, True], True)
    # While people are on the pictures, no word about these is in the index, whatever the people agree to.
    person = people.make_agreeing_person()
    for each in (image, lead_image):
        each.people.add(person)
    assert (find(), quote()) == ([False, False], False), "the story is held until it lists the person"
    story = builders.save_with(StoryPage.objects.get(), people="listed", story_people=people.rows_of(person))
    assert (find(), quote()) == ([False, False], True)
    people.withdraw(person)
    assert (find(), quote()) == ([False, False], False)
    # Nor do excerpts or corrections of misspelt words reveal the alternative texts.
    for words in ("lantern", "axolotle", "pangolins lantern"):
        text = search(client, words).select_one("main").text
        assert "tank" not in text and "beside a" not in text, words
    story.people, story.story_people = "none", []
    image.people.remove(person)
    lead_image.people.remove(person)
    story.save()
    release_page(PageHold.objects.get(), None)  # A lead has read it.
    assert (find(), quote()) == ([True, True], True)
    # Nobody has said who is on the lead picture.
    builders.save_with(lead_image, asks_again=True)
    assert find() == [True, False]


def test_a_lead_picture_that_may_not_be_shown_is_left_out_of_results_with_its_words(client):
    lead_image = builders.make_image()
    builders.make_story("A lantern", lead_image=lead_image, lead_image_alt="A lantern beside a pangolin")

    def shown():
        result = search(client, "lantern").select_one(".result")
        return "pangolin" in result.text, bool(result.select("img"))

    assert shown() == (True, True)
    lead_image.asks_again = True  # Nobody has said yet who is on it.
    lead_image.save()
    assert shown() == (False, False)


def test_words_of_a_button_with_an_address_are_found():
    """tests/stories/test_every_block.py has the words that readers may not see."""
    builders.make_story(body=[{"type": "action", "value": {"label": "Okapi", "url": "https://example.org/"}}])
    assert found_titles("okapi")
