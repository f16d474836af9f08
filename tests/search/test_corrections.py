"""Spelling corrections: what is corrected, and that no word of a private page is revealed.

tests/publishing/test_visibility.py tries all ways to hide a page, and tests/search/test_fuzz.py any input.
"""

from string import ascii_lowercase
from types import SimpleNamespace

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import Locale

from search import corrections
from search.analysis import stem
from search.corrections import Correction, find_corrections
from search.finding import Search
from search.forms import SearchForm
from search.known_words import WordList, store_known_words
from stories.demo.load import DEMO_DIR, get_story_slugs, read_toml
from tests.support.builders import home_page, make_index, make_private, make_story
from tests.support.fuzzing import thoroughly
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


def correct(text, terms=(), language="en"):
    """Return the corrections of the search words `text`. `terms`: the terms of the vocabulary."""
    form = SearchForm({"q": text})
    if not form.is_valid():
        return []
    with override(language):
        search = Search(form)
        # Only the test's own terms, so that the result does not depend on the default vocabulary.
        search.vocabulary.spelling_terms = tuple(terms)
        return search.corrections


def make_searcher(find_texts=lambda words: {}, filter_matching=set, terms=()):
    """Return an object with what find_corrections() uses of a Searcher.

    `find_texts`: function that returns {word: texts of a public page with the word or an inflection}; by
    default no page has a word. `filter_matching`: function that returns the set of those texts that find a
    page; by default all do. `terms`: those of the vocabulary.
    """
    vocabulary = SimpleNamespace(spelling_terms=terms)
    return SimpleNamespace(
        language="en", vocabulary=vocabulary, filter_matching=filter_matching, find_texts=find_texts
    )


def corrected(text, terms=()):
    """Return the texts of the corrections."""
    return [correction.text for correction in correct(text, terms)]


def make_body(text):
    return [{"type": "text", "value": f"<p>{text}</p>"}]


# --- What is corrected ---------------------------------------------------------------------------


def test_misspelt_words_of_the_demonstration_are_corrected():
    for slug in get_story_slugs():
        story = read_toml(DEMO_DIR / f"{slug}.toml")
        texts = [block[key] for block in story["body"] for key in ("text", "value") if key in block]
        make_story(story["title"], summary=story["summary"], body=make_body(" ".join(map(str, texts))))
    meant = {
        "traficking": "trafficking",
        "trafficing": "trafficking",
        "Kedugu": "Kédougou",
        "kedogou": "Kédougou",
        "Lubumbshi": "Lubumbashi",
        "Phillipines": "Philippines",
        "Senagal": "Senegal",
        "survivers": "survivors",
        "slavry": "slavery",
        "exploitaton": "exploitation",
        "migrent workers": "migrant workers",
    }
    assert {text: corrected(text)[:1] for text in meant} == {text: [word] for text, word in meant.items()}
    assert corrected("bonded labur", terms=["bonded labour"]) == ["bonded labour"]


def test_correct_words_and_the_rest_of_the_text_stay_unchanged():
    make_story("Trafficking of workers in Kédougou", body=make_body("“Slavery” is the word."))
    text = '"slavery" is, -gold TRAFICKING; kedougou\'s Wrokers?'
    assert corrected(text) == ['"slavery" is, -gold Trafficking; kedougou\'s workers?']
    assert corrected("kedougou TRAFFICKING slavery") == []
    assert corrected("") == corrected("?") == corrected("xylographical") == []


@pytest.mark.sqlite_only
def test_short_words_numbers_and_excluded_words_stay_unchanged():
    make_story("The gold rush of 1849", body=make_body("Route66 was a road"))
    assert corrected("rus") == corrected("1848") == corrected("route67") == corrected("-golt gold") == []
    assert corrected("golt") == ["gold"]


@pytest.mark.sqlite_only
def test_longer_words_may_have_more_mistakes():
    """One in words of up to 5 letters, two in those of up to 8, three in longer ones."""
    make_story("Lamps lantern lanternlights")
    for few_mistakes, many_mistakes in (
        ("lomps", "lompz"),
        ("lamtenr", "lamtonr"),
        ("lonternlihgtz", "lontornlihgtz"),
    ):
        assert corrected(few_mistakes)
        assert corrected(many_mistakes) == []


@pytest.mark.sqlite_only
def test_equally_close_words_are_sorted_by_first_letter_then_length():
    make_story("Batten gattern gotten", body=make_body("gatterns"))
    assert corrected("gatten") == ["gotten", "gattern", "Batten"]


@pytest.mark.sqlite_only
def test_a_correction_is_clear_only_if_no_other_is_as_close():
    make_story("Lantern market", body=make_body("barley harbour"))
    assert correct("lantrn") == [Correction("Lantern", is_clear=True)]
    assert correct("lantrn mraket") == [Correction("Lantern market", is_clear=True)]
    assert correct("varley")[0] == Correction("barley", is_clear=True)
    assert correct("lantrn xylographical") == [Correction("Lantern xylographical", is_clear=True)]
    make_story("Parley")
    assert correct("varley")[:2] == [Correction("barley", False), Correction("Parley", False)]
    assert correct("lantrn varley")[:2] == [
        Correction("Lantern barley", False),
        Correction("Lantern Parley", False),
    ]


def test_an_inflection_of_the_typed_word_is_no_correction():
    make_story("She survives", body=make_body("They survived, all survivors."))
    assert correct("survivers") == [Correction("survivors", is_clear=True)]
    make_story("A miner was enslaved", body=make_body("as other slaves, in mines"))
    assert corrected("enslaves") == []
    assert corrected("miners") == []


def test_words_in_other_scripts_are_corrected():
    arabic = home_page().copy_for_translation(Locale.objects.get_or_create(language_code="ar")[0])
    arabic.title = "عبودية الديون"
    arabic.save_revision().publish()
    assert [c.text for c in correct("عبوضية", language="ar")] == ["عبودية"]


def test_only_words_of_pages_in_the_language_of_the_visitor_are_offered():
    french = home_page().copy_for_translation(Locale.objects.get_or_create(language_code="fr")[0])
    french.title = "Bamako"
    french.save_revision().publish()
    assert stem("Bamako", "fr") == stem("Bamako", "en")
    assert [c.text for c in correct("bamakko", language="fr")] == ["Bamako"]
    assert corrected("bamakko") == []


# --- Terms ---------------------------------------------------------------------------------------


def test_words_are_corrected_to_terms_that_find_a_page_and_terms_stay_unchanged():
    make_story("Serfdom", body=make_body("Sierra Leone was where the kinyan stood."))
    terms = ["Sierra Leone", "Côte d’Ivoire", "Kenyan", "serfdom"]
    assert corrected("Siera Leonne", terms) == ["Sierra Leone"]
    assert corrected("serfdon", terms) == ["serfdom"]
    assert corrected("kenyan", terms) == []
    assert corrected("cote d'ivoir", terms) == []  # no page is about it


@pytest.mark.sqlite_only
def test_terms_of_several_words_are_searched_for_as_a_whole():
    searched = []

    def filter_matching(texts):
        searched.extend(texts)
        return set(searched)

    terms = ["Ivory Coast", "Gold Coast"]
    searcher = make_searcher(filter_matching=filter_matching, terms=terms)
    found = find_corrections("ivry coast", ["ivry", "coast"], searcher)
    assert found == [Correction("Ivory coast", True)]
    assert searched == ["Ivory Coast"]


# --- Queries of the database ---------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_candidates_are_looked_up_until_enough_are_on_a_public_page():
    words = [f"{letter}orven" for letter in ascii_lowercase[:25]]
    store_known_words(words)
    # Enough are MAX_CANDIDATES, and one more that tells whether the best one is clear.
    all_in_batches = [5, 5, 5, 5, 5]
    for public, numbers in (
        ([], all_in_batches),
        (words[:4], all_in_batches),
        (words[:5], [5]),
        (words[20:], all_in_batches),
    ):
        looked_up = []

        def find_texts(found, looked_up=looked_up, public=public):
            looked_up.append(found)
            return {word: [word] for word in found if word in public}

        found = find_corrections("zorven", ["zorven"], make_searcher(find_texts))
        assert [correction.text for correction in found] == public[:3]
        assert [len(batch) for batch in looked_up] == numbers


@pytest.mark.sqlite_only
def test_several_misspelt_words_share_the_candidates():
    store_known_words([f"{letter}orven" for letter in ascii_lowercase[:25]])
    looked_up = []

    def find_texts(found):
        looked_up.extend(found)
        return {word: [word] for word in found}

    find_corrections("zorven zorvan zorvet", ["zorven", "zorvan", "zorvet"], make_searcher(find_texts))
    # One of MAX_CANDIDATES for each word, and one that tells whether it is clear: the same two for all words.
    assert looked_up == ["aorven", "borven"]


# --- Hidden pages --------------------------------------------------------------------------------


# (words of a public page, words of a private page, typed words).
PRIVATE_WORDS = [
    # The private word is the typed one, and an inflection of a public one. No page has the other typed word,
    # so the search finds no page with both, and corrects them.
    ("She survives. All survivors.", "survivers", "survivers quixotic"),
    # It is closer to the typed word than its public inflection, which is too different.
    ("Mary", "Marie", "Mariee"),
    # It is closer than a public word.
    ("barley", "varlet", "varley"),
    ("barley", "parley", "varley"),
    # So many are closer that the public word would not be looked at.
    ("yorven", " ".join(f"{letter}orven" for letter in "abcdefghijklmnopqrstuvwx"), "zorven"),
    # More are as close as the public word, which is clearly the best among the public ones.
    ("aorven", "borven corven dorven eorven forven", "zorven"),
]


def test_search_is_the_same_without_the_words_of_private_pages(client, subtests):
    def search_page(typed):
        return client.get("/search/", {"q": typed}).content

    for number, (public, private, typed) in enumerate(PRIVATE_WORDS):
        # Only the corrections of the page depend on such words, so one row with the whole page is enough.
        search = correct if number else search_page
        with subtests.test(typed), undone():
            make_story("A page", body=make_body(public))
            without = search(typed)
            make_private(make_story("Another page", body=make_body(private)))
            assert search(typed) == without
            # Nor does it matter which other words, or other spellings, are KnownWords.
            store_known_words([typed, public.upper()])
            assert search(typed) == without


def test_a_word_is_offered_only_while_its_page_is_public():
    section = make_private(make_index(make_index(), title="Section"))
    story = make_story("Quixotic", parent=section)
    assert corrected("quixotik") == []
    section.view_restrictions.all().delete()
    assert corrected("quixotik") == ["Quixotic"]
    story.unpublish()
    assert corrected("quixotik") == []


similar_words = st.text("abcd", min_size=5, max_size=7)


@thoroughly(200)
@given(
    public=st.sets(similar_words, max_size=40),
    private=st.sets(similar_words, max_size=40),
    typed=st.lists(similar_words, min_size=1, max_size=4, unique=True),
)
@pytest.mark.sqlite_only
def test_corrections_are_the_same_whatever_words_only_private_pages_have(public, private, typed):
    searcher = make_searcher(lambda words: {word: [word] for word in words if word in public})
    found = []
    for known in (public, public | private):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(corrections, "get_site_words", lambda known=known: WordList({w: w for w in known}))
            found.append(find_corrections(" ".join(typed), typed, searcher))
    assert found[0] == found[1]
