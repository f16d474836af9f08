"""Recognises searches that read like a cry for help, by the terms that editors mark as such.

The search page then shows the help page before all results.
"""

import functools
from dataclasses import dataclass

from search.analysis import fold_words, significant_words, stem, tokenize


@dataclass(frozen=True)
class HelpTerms:
    """Terms of a cry for help, sorted by how they are matched; see is_help_request()."""

    # The terms of one word, folded: "escape".
    single_words: frozenset
    # The terms of which all words but one are stop words, as of _as_phrase(): " help me ".
    phrases: frozenset
    # All other terms, each as the frozenset of the stems of its words that are no stop words.
    stem_sets: frozenset


@functools.lru_cache(maxsize=8)
def analyse_help_terms(terms, language):
    """Return the HelpTerms of `terms`, a tuple of texts, read in `language`, an ISO code."""
    single_words, phrases, stem_sets = set(), set(), set()
    for term in terms:
        words, significant = fold_words(term), significant_words(term, language)
        # In the order of the rules of is_help_request().
        if len(words) == 1:
            single_words.add(words[0])
        elif len(significant) == 1:
            phrases.add(_as_phrase(term, language))
        elif significant:
            stem_sets.add(frozenset(stem(word, language) for word in significant))
    return HelpTerms(frozenset(single_words), frozenset(phrases), frozenset(stem_sets))


def is_help_request(text, help_terms, language):
    """Return whether `text`, as typed, contains one of `help_terms`, both read in `language`.

    - A term of one word counts if at most one other word was typed, stop words aside.
    - A term whose words are all stop words but one, such as “help me”, must stand in the text with all its
      words in a row, in any inflection.
    - Of any other term the words that are no stop words must occur, in any order and inflection.
    """
    significant = significant_words(text, language)
    others = [word for word in significant if word not in help_terms.single_words]
    has_single_word = len(others) < len(significant)
    stems = {stem(word, language) for word in significant}
    typed = _as_phrase(text, language)
    return (
        (has_single_word and len(others) <= 1)
        or any(phrase in typed for phrase in help_terms.phrases)
        or any(stem_set <= stems for stem_set in help_terms.stem_sets)
    )


def _as_phrase(text, language):
    """Return the stemmed words of `text`, with a space before and after each: " help me ".

    So `in` finds whole words in a row.
    """
    return f" {' '.join(tokenize(text, language))} "
