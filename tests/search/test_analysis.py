"""Text analysis for the search, and the names of countries in search/data/country_terms.csv."""

import csv
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import babel
import pytest
import snowballstemmer

from search.analysis import STEMMER_NAMES, STOP_WORDS, stem, tokenize
from search.parsing import iter_phrases, parse_query
from search.vocabulary import COUNTRY_TERMS_FILE, CountryVocabulary
from stories.terms import Country, country_names, fold

pytestmark = pytest.mark.sqlite_only


def test_threads_do_not_share_a_stemmer():
    words = ["generations", "generfully", "harbourising", "organed", "organations", "travelfully"]
    # stem.__wrapped__ is the function without its cache.
    expected = [stem.__wrapped__(word, "en") for word in words]
    # So short an interval lets Python switch to another thread in the middle of a call of the stemmer. That
    # happens by chance, so there are many calls.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            stemmed = threads.map(lambda _n: [stem.__wrapped__(word, "en") for word in words], range(800))
            assert all(each == expected for each in stemmed)
    finally:
        sys.setswitchinterval(interval)


def test_arabic_stemmer_would_change_no_word_in_latin_letters():
    words = {word.lower() for word in re.findall("[A-Za-z0-9]+", COUNTRY_TERMS_FILE.read_text("utf-8"))}
    assert len(words) > 1000
    stemmer = snowballstemmer.stemmer(STEMMER_NAMES["ar"])
    assert [word for word in words if stemmer.stemWord(word) != stem(word, "ar")] == []


@pytest.mark.parametrize("language", STEMMER_NAMES)
def test_no_word_of_one_letter_is_an_empty_token(language):
    # The alphabets, and letters in forms for compatibility, most of which fold to several others.
    letters = filter(str.isalnum, map(chr, [*range(0x3000), *range(0xF900, 0x10000)]))
    tokens = tokenize(" ".join(letters), language)
    assert len(tokens) > 5000
    assert all(map(str.strip, tokens))


# (language, what is typed: the words that count).
QUERIES = [
    ("en", "why does any ship sail: ship sail"),
    ("en", "what is being done: done"),
    ("en", "Ani Doe: Ani Doe"),  # “any” and “does” have the stems of these names
    ("es", "ayuda para mujeres: ayuda mujeres"),
    ("es", "como comida: comida"),
    ("fr", "la vie dans notre ville: vie ville"),
    ("fr", "née pour danser: née danser"),
    ("ar", "على البحر: البحر"),
    # The site's own words count if there are only stop words besides, and stop words if nothing is left.
    ("es", "historias para mujeres: mujeres"),
    ("es", "historias para: historias"),
    ("es", "para: para"),
    ("es", "“para” mujeres: mujeres"),
    *((language, f"zanzibar {words}: zanzibar") for language, words in STOP_WORDS.items()),
]


@pytest.mark.parametrize(("language", "query"), QUERIES)
def test_a_query_leaves_out_stop_words_and_no_words_with_their_stems(language, query):
    text, words = query.split(": ")
    parsed = parse_query(text, language)
    tokens = [token for phrase in iter_phrases(parsed.query) for token in phrase.tokens]
    assert (tokens, parsed.words) == ([stem(word, language) for word in words.split()], words.split())


# --- search/data/country_terms.csv ----------------------------------------------------------------


ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "fr", "es")

# Endings of English demonyms, and the demonyms without such an ending.
DEMONYM = re.compile(
    r"(an|ien|ese|i|ish|er|in|ois)$|^(Argentine|Basotho|Burkinabe|Cypriot|Czech|Dutch|Filipino|French|Greek|"
    r"Icelandic|Kyrgyz|Lao|Malagasy|Monegasque|Motswana|Slovak|Swiss|Tajik|Turkmen|Uzbek)$"
)


def read(*path):
    """Return {country code: row} of the CSV file at `path`, below the project's root."""
    rows = csv.DictReader(ROOT.joinpath(*path).read_text("utf-8").splitlines())
    return {row.pop("code"): row for row in rows}


# {country code: {language or “former”: names}}; the first name of a language is the demonym. An empty cell of
# a language has the name "", which a test refuses.
TABLE = {
    code: {column: cell.split("; ") for column, cell in row.items() if cell or column in LANGUAGES}
    for code, row in read("search", "data", "country_terms.csv").items()
}


def test_codes_are_in_alphabetical_order_and_names_have_no_stray_spaces_or_separators():
    assert list(TABLE) == sorted(set(TABLE) & set(read("stories", "migrations", "countries.csv")))
    names = [name for row in TABLE.values() for cell in row.values() for name in cell]
    assert [name for name in names if not name or name != name.strip() or set(name) & set(',;"')] == []


def test_each_country_has_a_demonym_first():
    assert len(TABLE) == 213, "the members of the United Nations, and twenty others"
    assert [code for code in TABLE if not DEMONYM.search(TABLE[code]["en"][0])] == []
    # In French and Spanish, demonyms begin with a small letter, unlike the names of countries.
    assert [code for code in TABLE for name in ("fr", "es") if not TABLE[code][name][0][0].islower()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_there_twice_or_is_the_usual_name_of_the_country(language):
    usual = babel.Locale(language).territories
    folded = {code: [*map(fold, [usual[code], *row[language]])] for code, row in TABLE.items()}
    assert [code for code, names in folded.items() if len(names) != len(set(names))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_colonial_times_lead_to_the_country_and_are_neither_shown_nor_searched_for(language):
    vocabulary = CountryVocabulary(language)
    former = {name: code for code, row in TABLE.items() for name in row.get("former", ())}
    assert {"British East Africa", "British Raj", "Biafra", "Haute-Volta"} <= former.keys()
    for name, code in former.items():
        phrases = vocabulary.synonyms(tuple(tokenize(name, language)))
        assert (Country(code=code).index_token,) in [tuple(phrase.tokens) for phrase in phrases], name
    shown = {*vocabulary.spelling_terms}
    for name in country_names(language).values():
        shown |= {phrase.label for phrase in vocabulary.synonyms(tuple(tokenize(name, language)))}
    assert not shown & former.keys()
    if language == "en":
        assert "Kenyan" in shown  # or the comparison above would prove nothing
