"""The words that the search page says it searched too: added terms in the language of the page."""

import csv
import functools
import re
from collections import defaultdict
from pathlib import Path

from search.analysis import fold_words, tokenize
from search.parsing import iter_phrases
from search.vocabulary import read_country_terms
from stories.languages import CONTENT_LANGUAGES
from stories.terms import country_names

# The groups of terms that the site comes with, in a column for each language.
VOCABULARY_FILE = Path(__file__).parent / "data" / "vocabulary.csv"
# Arabic is the only language of these groups with a script of its own.
ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
# The number of words that the search page lists.
MAX_WORDS = 8


def find_similar_words(query, language):
    """Return {term: its language} for what the vocabulary added to `query`, a tree of TokenPhrases.

    `language` is that of the page, an ISO code. Terms of other languages are searched for, but not returned.
    If the language of a term is unknown, it is "". There are at most MAX_WORDS terms.
    """
    phrases = list(iter_phrases(query))
    typed = {token for phrase in phrases if phrase.is_typed for token in phrase.tokens}
    found = {}
    for phrase in phrases:
        tokens = tuple(tokenize(phrase.label, language))
        if not phrase.is_typed and not typed.issuperset(tokens) and is_readable(phrase.label, language):
            found.setdefault(tokens, phrase.label)
    terms = list(found.values())[:MAX_WORDS]
    return {term: language if language in find_languages(term) else "" for term in terms}


def is_readable(term, language):
    """Return whether `term` is one of `language`, or may be: its language is unknown, and the script fits."""
    if languages := find_languages(term):
        return language in languages
    return bool(ARABIC_LETTER.search(term)) == (language == "ar")


def find_languages(term):
    """Return the set of the languages of `term`. It is empty for terms that editors thought of."""
    return load_term_languages().get(tuple(fold_words(term)), set())


@functools.cache
def load_term_languages():
    """Return {folded words of a term: set of its languages}.

    The terms are those of VOCABULARY_FILE, and the names and aliases of countries.
    """
    with open(VOCABULARY_FILE, newline="", encoding="utf-8") as file:
        groups = [
            {language: row[language].split("; ") for language in CONTENT_LANGUAGES if row.get(language)}
            for row in csv.DictReader(file)
        ]
    names = [{language: country_names(language).values()} for language in CONTENT_LANGUAGES]
    found = defaultdict(set)
    for terms_by_language in [*groups, *names, *read_country_terms().values()]:
        for language, terms in terms_by_language.items():
            for term in terms:
                found[tuple(fold_words(term))].add(language)
    return dict(found)
