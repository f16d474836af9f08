"""Orders search results by relevance, with BM25 in Python, so that both databases give the same order."""

import math

from modelsearch.query import And, Or

from search.parsing import AnyOf, TokenPhrase, iter_phrases, without_expansions

# The number of results whose texts are read and scored. With more matches, the words are so common that a
# score says little. Then only the most promising results are scored, and the others follow in their order.
MAX_SCORED = 150
# BM25's parameters k1 (how soon further mentions of a word stop counting) and b (how much a long text is
# discounted). Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
# found 1.2 to 2 good for k1, and 0.5 to 0.8 for b. The lowest b is used because stories are meant to be long.
BM25_K1, BM25_B = 1.2, 0.5
# Added for a word in the title, in the units of BM25's term score, which mentions in the text raise to at
# most k1 + 1 = 2.2. A word that is the whole title counts twice as much.
TITLE_WEIGHT = 1.1


def rank(pks, compiler, last=frozenset()):
    """Return `pks` as a list, the best match first.

    Results with the typed words come before those that match only synonyms; within each part the BM25
    score decides. Equal results keep their order. If some of the words are enough, the score alone decides.

    `pks`: primary keys of the objects that match `compiler`'s query.
    `last`: those of them that come after the others, unless their title has the typed words.
    """
    if len(pks) < 2:
        return pks
    query = compiler.query_tree
    scored, rest = pks, []
    if len(pks) > MAX_SCORED:
        pks = sort_by_promise(pks, compiler)
        scored, rest = pks[:MAX_SCORED], pks[MAX_SCORED:]
    texts = load_indexed_texts(scored, compiler)
    typed = without_expansions(query)
    is_partial = isinstance(query, AnyOf) or AnyOf in map(type, getattr(query, "subqueries", ()))
    words = {token for phrase in iter_phrases(query) if phrase.is_typed for token in phrase.tokens}
    inexact, last = set(), set(last)
    for pk, (title, body) in texts.items():
        if not (is_partial or (typed and count_matches(typed, body))):
            inexact.add(pk)
        if words.issuperset(title.split()) or (not is_partial and count_matches(query, title)):
            last.discard(pk)
    scores = score(query, texts)
    return sorted(scored, key=lambda pk: (pk in last, pk in inexact, -scores.get(pk, 0))) + rest


def sort_by_promise(pks, compiler):
    """Return `pks` without reading any text, the most promising first.

    Objects with the typed words come first, among these the ones with the words in the title.

    The two sets of keys are compared in Python. As conditions on the rows of the query for the matches,
    PostgreSQL may search the index once more for each row.
    """
    query = compiler.query_tree
    typed, in_title = set(pks), set()
    if not all(phrase.is_typed for phrase in iter_phrases(query)):  # The vocabulary added synonyms.
        typed_query = without_expansions(query)
        typed = set(compiler.matching_pks(typed_query)) if typed_query else set()
    if compiler.COLUMN == "body":
        in_title = set(compiler.matching_pks(query, column="title"))
    return sorted(pks, key=lambda pk: (pk not in typed, pk not in in_title))


def load_indexed_texts(pks, compiler):
    """Return {pk: (title, body)} from the index: tokens between spaces. The body includes the title."""
    to_pk = compiler.queryset.model._meta.pk.to_python
    entries = compiler.entries().filter(object_id__in=[str(pk) for pk in pks])
    rows = entries.values_list("object_id", *compiler.TEXT_COLUMNS)
    return {to_pk(pk): (f" {title} ", f" {body} ") for pk, title, body in rows}


def score(query, texts):
    """Return {pk: score} for `query` and `texts`, {pk: (title, body)} as from load_indexed_texts().

    The score is the sum, over the parts of `query`, of BM25 for the body plus a share for the title.
    """
    parts = query.subqueries if isinstance(query, And) else [query]
    parts = [each for part in parts for each in (part.subqueries if isinstance(part, AnyOf) else [part])]
    # Without exclusions (Not), which have no phrases to count.
    parts = [part for part in parts if any(iter_phrases(part))]
    if not texts:
        return {}
    lengths = {pk: body.count(" ") for pk, (_title, body) in texts.items()}
    average_length = sum(lengths.values()) / len(lengths)
    scores = dict.fromkeys(texts, 0.0)
    for part in parts:
        counts = {pk: count_matches(part, body) for pk, (_title, body) in texts.items()}
        document_frequency = sum(count > 0 for count in counts.values())
        inverse_frequency = math.log(1 + (len(texts) - document_frequency + 0.5) / (document_frequency + 0.5))
        for pk, count in counts.items():
            title, _body = texts[pk]
            discount = 1 - BM25_B + BM25_B * lengths[pk] / average_length
            body_score = count * (BM25_K1 + 1) / (count + BM25_K1 * discount)
            words_in_title = max(title.count(" ") - 1, 1)  # a space is before and after each word
            title_score = TITLE_WEIGHT * min(count_matches(part, title), 1) * (1 + 1 / words_in_title)
            scores[pk] += inverse_frequency * (body_score + title_score)
    return scores


def count_matches(query, text):
    """Return how often `text`, tokens between spaces, matches `query`; each match counts by its weight.

    Alternatives (Or) are added up. The rarest of words that must all occur (And) counts.
    """
    if isinstance(query, TokenPhrase):
        ending = "" if query.is_prefix else " "
        return query.weight * text.count(f" {' '.join(query.tokens)}{ending}")
    counts = [count_matches(part, text) for part in query.subqueries if any(iter_phrases(part))]
    return sum(counts) if isinstance(query, Or) else min(counts, default=0)
