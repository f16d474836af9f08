"""Reads what a visitor typed: words, "phrases", -exclusions, and the terms that the vocabulary knows."""

import re
from dataclasses import dataclass, field

from modelsearch.query import And, Not, Or

from search.analysis import iter_words, stem, stop_words, tokenize
from search.queries import Tokens, joined

# An optional minus, then something in quotation marks (the last may be missing), or anything else.
PIECE = re.compile(r'(?P<minus>(?<!\S)-)?(?:["“„«](?P<phrase>[^"“”»]*)["“”»]?|(?P<words>[^\s"“”„«»]+))')


@dataclass
class TypedQuery:
    """What was typed, understood.

    `query`: And, Or and Tokens, or None when there is nothing to look for.
    `words`: the words outside quotation marks, as typed, without stop words and exclusions.
    """

    query: object = None
    words: list[str] = field(default_factory=list)


def parse(text, language, vocabulary=None):
    """Return the TypedQuery of `text`, for pages in `language`; without `vocabulary`, as typed."""
    typed = TypedQuery()
    wanted, unwanted, run = [], [], []
    for piece in PIECE.finditer(text):
        phrase = piece["phrase"]
        words = [word.text for word in iter_words(phrase if phrase is not None else piece["words"])]
        if piece["minus"] and words:
            unwanted.append(Tokens(tokenize(" ".join(words), language)))
        elif phrase is None:
            run += words
        elif words:
            wanted += [*_terms(run, language, vocabulary), Tokens([stem(word, language) for word in words])]
            run = []
            continue
        typed.words += [] if piece["minus"] else words
    wanted += _terms(run, language, vocabulary)
    stops = stop_words(language)
    typed.words = [word for word in typed.words if stem(word, language) not in stops] or typed.words
    if wanted:
        exclusions = [Not(joined(Or, unwanted))] if unwanted else []
        typed.query = joined(And, [*_without_stop_words(wanted, stops), *exclusions])
    return typed


def _terms(words, language, vocabulary):
    """Return the queries for `words`, the longest terms of the vocabulary first."""
    stems = [stem(word, language) for word in words]
    return _said(stems, stop_words(language), vocabulary, vocabulary.longest if vocabulary else 1)


def _said(stems, stops, vocabulary, longest):
    """Return the queries for `stems`, with terms of at most `longest` words.

    The words of a term are looked for in their own other ways, too: a longer term loses nothing.
    """
    found, start = [], 0
    while start < len(stems):
        for end in range(min(len(stems), start + longest), start + 1, -1):
            others = vocabulary.ways_to_say(tuple(stems[start:end]))
            if others:
                parts = _said(stems[start:end], stops, vocabulary, end - start - 1)
                found.append(Or([joined(And, _without_stop_words(parts, stops)), *others]))
                start = end
                break
        else:
            found.append(_word(stems[start], vocabulary))
            start += 1
    return found


def _word(token, vocabulary):
    others = vocabulary.ways_to_say((token,)) if vocabulary else []
    return joined(Or, [Tokens([token]), *others])


def _without_stop_words(queries, stops):
    """Return `queries` without those for a stop word alone; all of them when no other is left."""
    telling = [query for query in queries if not (isinstance(query, Tokens) and query.query_string in stops)]
    return telling or queries
