"""Parses what a visitor types into the search field: words, "phrases" and -exclusions.

Terms that the vocabulary knows are expanded with their synonyms.
"""

import re
from dataclasses import dataclass, field

from modelsearch.query import And, Not, Or

from search.analysis import iter_words, stem, stop_words, tokenize
from search.queries import TokenPhrase, combine

# An optional minus sign after a space or at the start, then a quoted phrase, whose closing quotation mark
# may be missing, or else a run of characters without spaces and quotation marks.
PIECE_PATTERN = re.compile(
    r'(?P<minus>(?<!\S)-)?(?:["“„«](?P<phrase>[^"“”»]*)["“”»]?|(?P<words>[^\s"“”„«»]+))'
)


@dataclass
class ParsedQuery:
    """The result of parse_query().

    `query`: a tree of And, Or, Not and TokenPhrases, or None when there is nothing to search for.
    `words`: the words outside quotation marks, as typed, without exclusions. Stop words are left out
    unless there are no others.
    """

    query: object = None
    words: list[str] = field(default_factory=list)


def parse_query(text, language, vocabulary=None):
    """Return the ParsedQuery of `text`, for searching pages in `language`, an ISO code.

    `vocabulary`: the Vocabulary that adds synonyms; without it the words are searched just as typed.
    """
    parsed = ParsedQuery()
    wanted, unwanted = [], []
    # Words since the last phrase: a term of the vocabulary may consist of several.
    pending = []
    for piece in PIECE_PATTERN.finditer(text):
        phrase = piece["phrase"]
        words = [word.text for word in iter_words(phrase if phrase is not None else piece["words"])]
        if piece["minus"] and words:
            unwanted.append(TokenPhrase(tokenize(" ".join(words), language)))
        elif phrase is None:
            pending += words
        elif words:
            wanted += _expand_words(pending, language, vocabulary)
            wanted.append(TokenPhrase([stem(word, language) for word in words]))
            pending = []
            continue
        if not piece["minus"]:
            parsed.words += words
    wanted += _expand_words(pending, language, vocabulary)
    stops = stop_words(language)
    parsed.words = [word for word in parsed.words if stem(word, language) not in stops] or parsed.words
    if wanted:
        exclusions = [Not(combine(Or, unwanted))] if unwanted else []
        parsed.query = combine(And, [*_without_stop_words(wanted, stops), *exclusions])
    return parsed


def _expand_words(words, language, vocabulary):
    """Return a list of queries for `words`, each for one word or one term of the vocabulary."""
    stems = [stem(word, language) for word in words]
    return _expand_stems(
        stems, stop_words(language), vocabulary, vocabulary.max_term_words if vocabulary else 1
    )


def _expand_stems(stems, stops, vocabulary, max_words):
    """Return a list of queries for `stems`; terms have at most `max_words` words.

    At each position the longest term that the vocabulary knows is taken. Its words are expanded too, as
    shorter terms: a longer term must not lose what its parts would find.
    """
    queries, start = [], 0
    while start < len(stems):
        for end in range(min(len(stems), start + max_words), start + 1, -1):
            synonyms = vocabulary.synonyms(tuple(stems[start:end]))
            if synonyms:
                parts = _expand_stems(stems[start:end], stops, vocabulary, end - start - 1)
                queries.append(Or([combine(And, _without_stop_words(parts, stops)), *synonyms]))
                start = end
                break
        else:
            queries.append(_expand_stem(stems[start], vocabulary))
            start += 1
    return queries


def _expand_stem(token, vocabulary):
    synonyms = vocabulary.synonyms((token,)) if vocabulary else []
    return combine(Or, [TokenPhrase([token]), *synonyms])


def _without_stop_words(queries, stops):
    """Return `queries` without those for a single stop word; all of them if no other is left."""

    def is_stop_word(query):
        return isinstance(query, TokenPhrase) and query.query_string in stops

    return [query for query in queries if not is_stop_word(query)] or queries
