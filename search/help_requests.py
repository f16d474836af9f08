"""Recognises searches that read like a cry for help, by the terms that editors mark as such.

The search page then shows the help page before all results.
"""

import functools

from search.analysis import fold_words, significant_words, stem, stop_words


@functools.lru_cache(maxsize=8)
def analyse_help_terms(terms, language):
    """Return `terms`, a tuple of texts in `language`, an ISO code, as is_help_request() needs them.

    They are a pair of sets: the terms of one word, folded, such as "escape", and all other terms, each as
    _stems() of the words that have to occur.
    """
    single_words, stem_sets = set(), set()
    for term in terms:
        words, significant = fold_words(term), significant_words(term, language)
        if len(words) == 1:
            single_words.add(words[0])
        elif significant:
            needed = significant if len(significant) > 1 else words
            stem_sets.add(_stems(needed, language))
    return single_words, stem_sets


def is_help_request(text, help_terms, language):
    """Return whether `text`, as typed, contains one of `help_terms`, of analyse_help_terms(), in `language`.

    - A term of one word counts if at most one other word was typed, stop words aside.
    - Any other term counts if its words that are no stop words occur, in any order and inflection. If that is
      only one word, as in “help me”, the stop words must occur too.
    """
    single_words, stem_sets = help_terms
    significant = significant_words(text, language)
    others = [word for word in significant if word not in single_words]
    has_single_word = len(others) < len(significant)
    stems = _stems(fold_words(text), language)
    return (has_single_word and len(others) <= 1) or any(each <= stems for each in stem_sets)


def _stems(words, language):
    """Return the frozenset of the stems of `words`, folded ones, in which stop words stay as they are.

    Other words can have the stem of a stop word: “comida” has that of “como”.
    """
    stops = stop_words(language)
    return frozenset(word if word in stops else stem(word, language) for word in words)
