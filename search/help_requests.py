"""Recognises searches that read like a cry for help, by the terms that editors mark as such.

The search page then shows the help page before all results.
"""

import functools
from dataclasses import dataclass

from search.analysis import fold_words, significant_words, stem, stop_words


@dataclass(frozen=True)
class HelpTerms:
    """Terms of a cry for help, sorted by how they are matched; see is_help_request()."""

    # The terms of one word, folded: "escape".
    single_words: frozenset
    # All other terms, each as _stems() of the words that have to occur.
    stem_sets: frozenset


@functools.lru_cache(maxsize=8)
def analyse_help_terms(terms, language):
    """Return the HelpTerms of `terms`, a tuple of texts, read in `language`, an ISO code."""
    single_words, stem_sets = set(), set()
    for term in terms:
        words, significant = fold_words(term), significant_words(term, language)
        if len(words) == 1:
            single_words.add(words[0])
        elif significant:
            needed = significant if len(significant) > 1 else words
            stem_sets.add(_stems(needed, language))
    return HelpTerms(frozenset(single_words), frozenset(stem_sets))


def is_help_request(text, help_terms, language):
    """Return whether `text`, as typed, contains one of `help_terms`, both read in `language`.

    - A term of one word counts if at most one other word was typed, stop words aside.
    - Any other term counts if its words that are no stop words occur, in any order and inflection. If that is
      only one word, as in “help me”, the stop words must occur too.
    """
    significant = significant_words(text, language)
    others = [word for word in significant if word not in help_terms.single_words]
    has_single_word = len(others) < len(significant)
    stems = _stems(fold_words(text), language)
    return (has_single_word and len(others) <= 1) or any(each <= stems for each in help_terms.stem_sets)


def _stems(words, language):
    """Return the frozenset of the stems of `words`, folded ones, in which stop words stay as they are.

    Other words can have the stem of a stop word: “comida” has that of “como”.
    """
    stops = stop_words(language)
    return frozenset(word if word in stops else stem(word, language) for word in words)
