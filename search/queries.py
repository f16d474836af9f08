"""The queries of the index: modelsearch's, with leaves that are tokens already."""

from modelsearch.query import And, Boost, Fuzzy, MatchAll, Not, Or, Phrase, PlainText

from search.analysis import fold_words, tokenize


class Tokens(Phrase):
    """Words of the index that stand side by side.

    `is_typed`: the visitor's own words, not what the vocabulary adds to them.
    `weight`: how much a match counts against one of typed words in a text (1).
    `label`: the words as readers know them, for what was added.
    `is_prefix`: the last word may go on.
    """

    def __init__(self, words, is_typed=True, weight=1.0, label="", is_prefix=False):
        super().__init__(" ".join(words))
        self.words = tuple(words)
        self.is_typed = is_typed
        self.weight = weight
        self.label = label
        self.is_prefix = is_prefix


def analysed(query, languages):
    """Return modelsearch's `query` with Tokens for its texts, or None when it asks for no word.

    Words are looked for as each of `languages` would have them in the index.
    """
    if isinstance(query, Tokens | MatchAll):
        return query
    if isinstance(query, Boost):
        return analysed(query.subquery, languages)
    if isinstance(query, Not):
        inner = analysed(query.subquery, languages)
        return inner and Not(inner)
    if isinstance(query, And | Or):
        found = [analysed(part, languages) for part in query.subqueries]
        return joined(type(query), [part for part in found if part])
    if isinstance(query, Phrase):
        return joined(Or, in_languages(query.query_string, languages))
    if isinstance(query, PlainText | Fuzzy):
        words = [joined(Or, in_languages(word, languages)) for word in query.query_string.split()]
        return joined(And if query.operator == "and" else Or, [word for word in words if word])
    raise NotImplementedError(f"the search does not know {type(query).__name__}")


def in_languages(text, languages):
    """Return the Tokens of `text` in each of `languages`, without doubles."""
    found = dict.fromkeys(tuple(tokenize(text, language)) for language in languages)
    return [Tokens(words) for words in found if words]


def beginning(query):
    """Return modelsearch's `query` for words of which the last may go on, or None for no word."""
    if isinstance(query, MatchAll):
        return query
    if isinstance(query, And | Or):
        return joined(type(query), [part for part in map(beginning, query.subqueries) if part])
    if isinstance(query, Not):
        inner = beginning(query.subquery)
        return inner and Not(inner)
    words = fold_words(query.query_string)
    if not words:
        return None
    if isinstance(query, Phrase):
        return Tokens(words, is_prefix=True)
    *whole, last = words
    return joined(And, [*(Tokens([word]) for word in whole), Tokens([last], is_prefix=True)])


def joined(connector, parts):
    """Return `parts` as one query: And, Or, the only one itself, or None when there is none."""
    return connector(parts) if len(parts) > 1 else next(iter(parts), None)


def leaves(query):
    """Yield the Tokens that `query` asks for, not those that it excludes."""
    if isinstance(query, Tokens):
        yield query
    elif isinstance(query, And | Or):
        for part in query.subqueries:
            yield from leaves(part)


def typed_only(query):
    """Return `query` without what the vocabulary added, or None when nothing is left."""
    if isinstance(query, Tokens):
        return query if query.is_typed else None
    if isinstance(query, And | Or):
        parts = [typed_only(part) for part in query.subqueries]
        if isinstance(query, And) and None in parts:
            return None
        return joined(type(query), [part for part in parts if part])
    return query
