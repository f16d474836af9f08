"""Makes queries: trees of modelsearch's And, Or and Not over phrases of index tokens (search/analysis.py).

What a visitor types is parsed into words, "phrases" and -exclusions, and terms that the vocabulary knows are
expanded with their synonyms. modelsearch's own queries, which hold raw text, are translated.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import get_language
from modelsearch.query import And, Fuzzy, MatchAll, Not, Or, Phrase, PlainText

from search.analysis import fold_words, iter_words, site_tokens, stem, stop_words, tokenize
from stories.terms import fold

# An optional minus sign after a space or at the start, then a quoted phrase, whose closing quotation mark
# may be missing, or else a run of characters without spaces and quotation marks.
PIECE_PATTERN = re.compile(
    r'(?P<minus>(?<!\S)-)?(?:["“„«](?P<phrase>[^"“”»]*)["“”»]?|(?P<words>[^\s"“”„«»]+))'
)


class TokenPhrase(Phrase):
    """A phrase of index tokens that must stand side by side; often it is one token.

    `tokens`: the tokens, as search.analysis makes them.
    `is_typed`: True for the visitor's own words, and for the metadata tokens of names with them
    (search/vocabulary.py); False for all else that the vocabulary adds.
    `weight`: how much one match counts in the ranking; a typed word in a text counts 1.
    `label`: the words as typed, or as the vocabulary has them and visitors see them; "" if they are never
    shown.
    `is_prefix`: whether the last token may be only the beginning of a word.
    """

    def __init__(self, tokens, is_typed=True, weight=1.0, label="", is_prefix=False):
        super().__init__(" ".join(tokens))
        self.tokens = tuple(tokens)
        self.is_typed = is_typed
        self.weight = weight
        self.label = label
        self.is_prefix = is_prefix


# --- What visitors type --------------------------------------------------------------------------


@dataclass
class ParsedQuery:
    """The result of parse_query().

    `query`: a tree of And, Or, Not and TokenPhrases, or None when there is nothing to search for.
    `words`: the words outside quotation marks, as typed, without exclusions. Negligible words, which are too
    common to search for, are left out unless there are no others.
    """

    query: object = None
    words: list[str] = field(default_factory=list)


def parse_query(text, language, vocabulary=None):
    """Return the ParsedQuery of `text`, for searching pages in `language`, an ISO code.

    `vocabulary`: the Vocabulary that adds synonyms; without it the words are searched just as typed.
    """
    parsed = ParsedQuery()
    # Queries, which are joined by And, and TokenPhrases, which are excluded.
    wanted, unwanted = [], []
    # Words since the last phrase: a term of the vocabulary may consist of several.
    pending = []
    for piece in PIECE_PATTERN.finditer(text):
        phrase = piece["phrase"]
        words = [word[0] for word in iter_words(phrase if phrase is not None else piece["words"])]
        if piece["minus"] and words:
            unwanted.append(TokenPhrase(tokenize(" ".join(words), language)))
        elif phrase is None:
            pending += words
            parsed.words += words
        elif words:
            wanted += _expand_words(pending, language, vocabulary)
            wanted.append(_as_typed(words, language))
            pending = []
    wanted += _expand_words(pending, language, vocabulary)
    parsed.words = _leave_out_negligible(parsed.words, str, language)
    if wanted:
        exclusions = [Not(combine(Or, unwanted))] if unwanted else []
        parsed.query = combine(And, [*_without_negligible(wanted, language), *exclusions])
    return parsed


def _as_typed(words, language):
    return TokenPhrase([stem(word, language) for word in words], label=" ".join(words))


def _expand_words(words, language, vocabulary, max_words=None):
    """Return a list of queries for `words`, each for one word or one term of the vocabulary.

    At each position the longest term that the vocabulary knows is taken; terms have at most `max_words`
    words. The words of a term are expanded too, as shorter terms: a longer term must not lose what its parts
    would find.
    """
    if max_words is None:
        max_words = vocabulary.max_term_words if vocabulary else 1
    queries, start = [], 0
    while start < len(words):
        for end in range(min(len(words), start + max_words), start + 1, -1):
            if synonyms := vocabulary.synonyms(words[start:end]):
                parts = _expand_words(words[start:end], language, vocabulary, end - start - 1)
                parts = _without_negligible(parts, language)
                tokens = {token for part in parts for phrase in iter_phrases(part) for token in phrase.tokens}
                # The words of “how do I know” don't say what is meant, but its synonyms do.
                own = [] if tokens <= site_tokens(language) else [combine(And, parts)]
                queries.append(combine(Or, [*own, *synonyms]))
                start = end
                break
        else:
            synonyms = vocabulary.synonyms([words[start]]) if vocabulary else []
            queries.append(combine(Or, [_as_typed([words[start]], language), *synonyms]))
            start += 1
    return queries


def _without_negligible(queries, language):
    """Return `queries` without those for a single word that is negligible, unless there are no others."""
    return _leave_out_negligible(
        queries, lambda query: query.label if isinstance(query, TokenPhrase) else "", language
    )


def _leave_out_negligible(items, get_word, language):
    """Return `items` without stop words and the site's own words; `get_word` returns the word of an item.

    The stop words are those of `language` and of the visitor's language, which can be another one.
    If there are no others, the site's own words stay. If there are only stop words, all items stay.
    """
    # By its stem, “comida” could not be told from the stop word “como”.
    stops = stop_words(language) | stop_words(get_language())
    significant = [item for item in items if fold(get_word(item)) not in stops]
    others = [item for item in significant if stem(get_word(item), language) not in site_tokens(language)]
    return others or significant or items


# --- Queries of modelsearch ----------------------------------------------------------------------


def analyse_query(query, languages):
    """Return modelsearch's `query` with its texts replaced by TokenPhrases, or None if it has no word.

    A text is searched as each of `languages`, ISO codes, would stem it: the caller, such as a search in
    the admin, does not say in which language the text is.

    Raises NotImplementedError for a kind of query that modelsearch has and this search has not.
    """

    def analyse_text(query):
        if isinstance(query, Phrase):
            return combine(Or, tokenize_in_languages(query.query_string, languages))
        if isinstance(query, PlainText | Fuzzy):
            words = query.query_string.split()
            parts = [combine(Or, tokenize_in_languages(word, languages)) for word in words]
            return combine(And if query.operator == "and" else Or, [part for part in parts if part])
        raise NotImplementedError(f"the search does not know {type(query).__name__}")

    return replace_texts(query, analyse_text)


def replace_texts(query, analyse_text):
    """Return `query` with analyse_text(part) for each part that has a text, or None if it has no word."""
    if isinstance(query, TokenPhrase | MatchAll):
        return query
    if isinstance(query, Not):
        inner = replace_texts(query.subquery, analyse_text)
        return inner and Not(inner)
    if isinstance(query, And | Or):
        replaced = [replace_texts(part, analyse_text) for part in query.subqueries]
        return combine(type(query), [part for part in replaced if part])
    return analyse_text(query)


def tokenize_in_languages(text, languages):
    """Return a TokenPhrase of `text` for each of `languages`, without duplicates."""
    distinct = dict.fromkeys(tuple(tokenize(text, language)) for language in languages)
    return [TokenPhrase(tokens) for tokens in distinct if tokens]


def prefix_text(query):
    """Return the query for the text of modelsearch's `query` in autocompletion, or None if it has no word.

    Words are folded, not stemmed. The last word may be only the beginning of a word.
    """
    words = fold_words(query.query_string)
    if not words:
        return None
    if isinstance(query, Phrase):
        return TokenPhrase(words, is_prefix=True)
    *whole_words, last = words
    return combine(And, [*(TokenPhrase([word]) for word in whole_words), TokenPhrase([last], is_prefix=True)])


# --- Trees ---------------------------------------------------------------------------------------


def combine(operator, parts):
    """Return `parts` as one query: joined by `operator` (And or Or), the only part, or None without any."""
    return operator(parts) if len(parts) > 1 else next(iter(parts), None)


def iter_phrases(query):
    """Yield the TokenPhrases of `query`, except those that it excludes with Not."""
    if isinstance(query, TokenPhrase):
        yield query
    elif isinstance(query, And | Or):
        for part in query.subqueries:
            yield from iter_phrases(part)


def without_expansions(query):
    """Return `query` without the phrases that are not typed, or None if nothing is left."""
    if isinstance(query, TokenPhrase):
        return query if query.is_typed else None
    if isinstance(query, And | Or):
        parts = [without_expansions(part) for part in query.subqueries]
        if isinstance(query, And) and None in parts:
            return None
        return combine(type(query), [part for part in parts if part])
    return query


class AnyOf(Or):
    """Several terms of which one is enough. The ranking scores each, and adds up the synonyms of an Or."""


def match_any(query):
    """Return `query` relaxed: any one of its words is enough. What it excludes stays excluded."""
    parts = query.subqueries if isinstance(query, And) else [query]
    exclusions = [part for part in parts if isinstance(part, Not)]
    terms = [term for part in parts if part not in exclusions for term in _iter_terms_of(part)]
    return combine(And, [AnyOf(terms), *exclusions])


def _iter_terms_of(query):
    """Yield `query`, a query for one term and its synonyms, and each word of a term of several words."""
    yield query
    for alternative in query.subqueries if isinstance(query, Or) else [query]:
        if isinstance(alternative, And):
            yield from alternative.subqueries
