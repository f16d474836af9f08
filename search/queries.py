"""Query trees for the search index: modelsearch's And, Or and Not over phrases of index tokens.

modelsearch's own queries hold raw text. The functions here translate them and take trees apart.
"""

from modelsearch.query import And, Boost, Fuzzy, MatchAll, Not, Or, Phrase, PlainText

from search.analysis import fold_words, tokenize


class TokenPhrase(Phrase):
    """A phrase of index tokens that must stand side by side; often it is one token.

    `tokens`: the tokens, as search.analysis makes them.
    `is_typed`: True for the visitor's own words, False for what the vocabulary adds to them.
    `weight`: how much one match counts in the ranking; a typed word in a text counts 1.
    `label`: the words as shown to visitors, for what the vocabulary adds.
    `is_prefix`: whether the last token may be only the beginning of a word.
    """

    def __init__(self, tokens, is_typed=True, weight=1.0, label="", is_prefix=False):
        super().__init__(" ".join(tokens))
        self.tokens = tuple(tokens)
        self.is_typed = is_typed
        self.weight = weight
        self.label = label
        self.is_prefix = is_prefix


def analyse_query(query, languages):
    """Return modelsearch's `query` with its texts replaced by TokenPhrases, or None if it has no word.

    A text is searched as each of `languages`, ISO codes, would stem it: the caller, such as a search in
    the admin, does not say in which language the text is.

    Raises NotImplementedError for a kind of query that modelsearch has and this search has not.
    """
    if isinstance(query, TokenPhrase | MatchAll):
        return query
    if isinstance(query, Boost):
        return analyse_query(query.subquery, languages)
    if isinstance(query, Not):
        inner = analyse_query(query.subquery, languages)
        return inner and Not(inner)
    if isinstance(query, And | Or):
        analysed = [analyse_query(part, languages) for part in query.subqueries]
        return combine(type(query), [part for part in analysed if part])
    if isinstance(query, Phrase):
        return combine(Or, tokenize_in_languages(query.query_string, languages))
    if isinstance(query, PlainText | Fuzzy):
        words = query.query_string.split()
        parts = [combine(Or, tokenize_in_languages(word, languages)) for word in words]
        return combine(And if query.operator == "and" else Or, [part for part in parts if part])
    raise NotImplementedError(f"the search does not know {type(query).__name__}")


def tokenize_in_languages(text, languages):
    """Return a TokenPhrase of `text` for each of `languages`, without duplicates."""
    distinct = dict.fromkeys(tuple(tokenize(text, language)) for language in languages)
    return [TokenPhrase(tokens) for tokens in distinct if tokens]


def prefix_query(query):
    """Return modelsearch's `query` for autocompletion, or None if it has no word.

    Words are folded, not stemmed. The last word of each text may be only the beginning of a word.
    """
    if isinstance(query, MatchAll):
        return query
    if isinstance(query, And | Or):
        return combine(type(query), [part for part in map(prefix_query, query.subqueries) if part])
    if isinstance(query, Not):
        inner = prefix_query(query.subquery)
        return inner and Not(inner)
    words = fold_words(query.query_string)
    if not words:
        return None
    if isinstance(query, Phrase):
        return TokenPhrase(words, is_prefix=True)
    *whole_words, last = words
    return combine(And, [*(TokenPhrase([word]) for word in whole_words), TokenPhrase([last], is_prefix=True)])


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


def has_expansions(query):
    """Return whether the vocabulary added synonyms to the typed words of `query`."""
    return any(not phrase.is_typed for phrase in iter_phrases(query))


def without_expansions(query):
    """Return `query` without the phrases that the vocabulary added, or None if nothing is left."""
    if isinstance(query, TokenPhrase):
        return query if query.is_typed else None
    if isinstance(query, And | Or):
        parts = [without_expansions(part) for part in query.subqueries]
        if isinstance(query, And) and None in parts:
            return None
        return combine(type(query), [part for part in parts if part])
    return query


def match_any(query):
    """Return `query` relaxed: any one of its words is enough. What it excludes stays excluded."""
    parts = query.subqueries if isinstance(query, And) else [query]
    exclusions = [part for part in parts if isinstance(part, Not)]
    words = [word for part in parts if part not in exclusions for word in _iter_words_of(part)]
    return combine(And, [combine(Or, words), *exclusions])


def _iter_words_of(query):
    """Yield the single words and phrases of a query for one term and its synonyms."""
    for alternative in query.subqueries if isinstance(query, Or) else [query]:
        yield from alternative.subqueries if isinstance(alternative, And) else [alternative]
