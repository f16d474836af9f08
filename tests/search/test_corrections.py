"""Spelling corrections: what is corrected, and that no word of a private page is revealed.

tests/publishing/test_visibility.py tries all ways to hide a page, and tests/search/test_fuzz.py any input.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from string import ascii_lowercase
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from search import analysis, corrections, finding, forms
from search.corrections import Correction, find_corrections
from search.known_words import WordList, store_known_words
from search.models import KnownWord
from stories.demo.load import DEMO_DIR, get_story_slugs, read_toml
from tests.support import fuzzing, translations
from tests.support.builders import make_author, make_private, make_story
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


def correct(text, terms=(), language="en"):
    """Return the corrections of the search words `text`. `terms`: the terms of the vocabulary."""
    form = forms.SearchForm({"q": text})
    if not form.is_valid():
        return []
    with override(language):
        search = finding.Search(form)
        # Only the test's own terms, so that the result does not depend on the default vocabulary.
        search.vocabulary.spelling_terms = tuple(terms)
        return search.corrections


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
        **{"traficking": "trafficking", "trafficing": "trafficking", "migrent workers": "migrant workers"},
        **{"Kedugu": "Kédougou", "kedogou": "Kédougou", "Lubumbshi": "Lubumbashi", "Senagal": "Senegal"},
        **{"Phillipines": "Philippines", "survivers": "survivors", "exploitaton": "exploitation"},
        "slavry": "slavery",
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
@pytest.mark.parametrize(
    ("title", "words", "expected"),
    [
        # Short words, numbers and excluded words stay unchanged.
        ("Gold rush of 1849 by Route66", "rus 1848 route67", []),
        ("Gold rush of 1849 by Route66", "golt", ["Gold"]),
        # One mistake in words of up to 5 letters, two in those of up to 8, three in longer ones.
        ("Lamps lantern lanternlights", "lompz lamtonr lontornlihgtz", []),
        ("Lamps", "lomps", ["Lamps"]),
        ("Lanternlights", "lonternlihgtz", ["Lanternlights"]),
        # Equally close words are sorted by first letter, then by length.
        ("Batten gattern gotten gatterns", "gatten", ["gotten", "gattern", "Batten"]),
    ],
)
def test_how_close_a_word_has_to_be(title, words, expected):
    make_story(title)
    assert [corrected(word) for word in words.split()] == [expected] * len(words.split())
    assert corrected(f"-{words.split()[0]} {title.split()[0]}") == []


@pytest.mark.sqlite_only
def test_a_correction_is_clear_only_if_no_other_is_as_close():
    make_story("Lantern market", body=make_body("barley harbour"))
    for typed in ("lantrn", "lantrn mraket", "barlley", "lantrn xylographical"):
        meant = typed.replace("lantrn", "Lantern").replace("mraket", "market").replace("barlley", "barley")
        assert correct(typed)[0] == Correction(meant, is_clear=True)
    make_story("burley")
    for before in ("", "lantrn "):
        both = [f"{before}{word}".replace("lantrn", "Lantern") for word in ("barley", "burley")]
        assert correct(f"{before}bxrley")[:2] == [Correction(text, is_clear=False) for text in both]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("known", "typed", "is_offered", "is_clear"),
    [
        # One mistake, two in words of eight letters or more, and none in the first letter.
        *[("Lantern", "lantren", True, True), ("Lantern", "lamtern", True, True)],
        *[("Lantern", "lamtenr", True, False), ("Lanternes", "lamternns", True, True)],
        *[("Lanternes", "lamtxrnns", True, False), ("Barley", "varley", True, False)],
        # A plain word of the language is right, and one of another language may be.
        *[("South", "youth", False, False), ("Contract", "contact", False, False)],
        *[("clean", "coltan", True, False), ("migrant", "migrent", True, False)],
        ("Lantern", "call police lantren", False, False),
    ],
)
def test_only_a_typing_error_is_corrected_at_once(known, typed, is_offered, is_clear):
    make_story(known)
    corrections = correct(typed)
    assert [each.text for each in corrections] == [known] * is_offered
    assert [each.is_clear for each in corrections] == [is_clear] * is_offered


def test_an_inflection_of_the_typed_word_is_no_correction():
    make_story("She survives", body=make_body("They survived, all survivors."))
    assert correct("survivers") == [Correction("survivors", is_clear=True)]
    make_story("A miner was enslaved", body=make_body("as other slaves, in mines"))
    assert corrected("enslaves") == corrected("miners") == []


@pytest.mark.parametrize("language, title, typed", [["ar", "عبودية", "عبوضية"], ["fr", "Bamako", "bamakko"]])
def test_only_words_of_pages_in_the_language_of_the_visitor_are_offered(language, title, typed):
    translations.make_index_in(language, title)
    assert analysis.stem("Bamako", "fr") == analysis.stem("Bamako", "en")
    assert [each.text for each in correct(typed, language=language)] == [title]
    assert corrected(typed) == []


# --- Terms ---------------------------------------------------------------------------------------


def test_words_are_corrected_to_terms_that_find_a_page_and_terms_stay_unchanged():
    make_story("Serfdom", body=make_body("Sierra Leone was where the kinyan stood."))
    terms = ["Sierra Leone", "Côte d’Ivoire", "Kenyan", "serfdom"]
    # No page is about the last one.
    meant = {"Siera Leonne": ["Sierra Leone"], "serfdon": ["serfdom"], "kenyan": [], "cote d'ivoir": []}
    assert {text: corrected(text, terms) for text in meant} == meant


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


similar_words = st.text("abcd", min_size=5, max_size=7)


@fuzzing.thoroughly(200)
@given(
    public=st.sets(similar_words, max_size=40),
    private=st.sets(similar_words, max_size=40),
    typed=st.lists(similar_words, min_size=1, max_size=4, unique=True),
)
@pytest.mark.sqlite_only
def test_corrections_are_the_same_whatever_words_only_private_pages_have(public, private, typed):
    searcher = SimpleNamespace(language="en", vocabulary=SimpleNamespace(spelling_terms=()))
    searcher.find_texts = lambda words: {word: [word] for word in words if word in public}
    searcher.filter_matching = set  # all of those texts find a page
    found = []
    for known in (public, public | private):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(corrections, "get_site_words", lambda known=known: WordList({w: w for w in known}))
            found.append(find_corrections(" ".join(typed), typed, searcher))
    assert found[0] == found[1]


# --- KnownWords: which words of live pages are stored, and how ------------------------------------


def known_words():
    return set(KnownWord.objects.values_list("folded", flat=True))


def test_a_word_is_stored_once_with_its_spelling():
    make_story("Slavery in Kédougou", summary="The slavery of KÉDOUGOU, and of 21st and its x1y2 art.")
    make_story("KEDOUGOU again")
    # Too long for the database with its accents, by itself, and when it is folded.
    store_known_words(["lan" + "\u0301" * 80 + "tern", "a" * 41, "ﷺ" * 3])
    written = dict(KnownWord.objects.values_list("folded", "written"))
    words = {"kedougou": "Kédougou", "slavery": "slavery", "again": "again"}
    # The other words are too short, or with digits.
    assert {folded: word for folded, word in written.items() if folded in words} == words
    assert not written.keys() & {"art", "21st", "x1y2", "in", "lantern", "a" * 41}


def test_only_words_of_live_pages_are_stored_and_update_index_deletes_others():
    make_author("Quixotina Zzz")
    make_story("Quixotic", live=False)
    story = make_story("Marigold")
    story.title = "Quixotry"
    story.save_revision()
    words = {"quixotina", "quixotic", "quixotry", "marigold", "quilting", "brontosaur"}
    assert known_words() & words == {"marigold"}
    make_story("Brontosaur").delete()
    make_story("Quilting").unpublish()
    call_command("update_index", verbosity=0)
    assert known_words() & words == {"marigold"}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_processes_can_store_the_same_words_at_once():
    # A thread has a database connection of its own, as a process has.
    words = [f"{first}{second}ven" for first in ascii_lowercase for second in ascii_lowercase[:16]]

    def store_shuffled(seed):
        try:
            store_known_words([" ".join(random.Random(seed).sample(words, len(words)))])  # noqa: S311 - no secret
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store_shuffled, range(8)))
    assert set(words) <= known_words()
