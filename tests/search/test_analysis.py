"""Text analysis for the search: words and tokens, stop words, and stemming in several threads at once."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import snowballstemmer

from search.analysis import STEMMER_NAMES, STOP_WORDS, stem, tokenize
from search.parsing import iter_phrases, parse_query
from search.vocabulary import COUNTRY_TERMS_FILE

pytestmark = pytest.mark.sqlite_only


def test_threads_do_not_share_a_stemmer():
    words = [
        "generations",
        "generfully",
        "harbourising",
        "organed",
        "organations",
        "travelfully",
        "travelising",
    ]
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
