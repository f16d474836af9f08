"""Puts what was found in order: the same order on both databases."""

import math

from modelsearch.query import Or

from search.queries import Tokens, leaves, typed_only

# Beyond this number of matches the words are so common that where they stand tells little: only so
# many of the likeliest are compared by their texts, the rest follows the newest first.
COMPARED = 150
# BM25's constants: how soon a word said again stops counting, and how much a long text is discounted.
# From Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), who found
# values from 0.5 to 0.8 good for the latter: the least is taken, as stories are long on purpose.
SATURATION, LENGTH_DISCOUNT = 1.2, 0.5
# What a word in the title adds to that: about half of what any number of mentions in the text can
# give, and twice as much when it is the whole title.
TITLE = 1.1


def ranked(keys, compiler, unlikely=None):
    """Return `keys`, of the objects that match `compiler`'s query, with the best first.

    What holds the typed words themselves comes before what holds only others of the vocabulary. Among
    equals the order stays as it is.

    `unlikely`: {key: (whether it lacks the typed words, whether its title lacks them)}, when it is known.
    """
    if len(keys) < 2:
        return keys
    query = compiler.tree
    compared, rest = keys, []
    if len(keys) > COMPARED:
        keys = sorted(keys, key=(unlikely or how_unlikely(keys, compiler)).get)
        compared, rest = keys[:COMPARED], keys[COMPARED:]
    texts = analysed_texts(compared, compiler)
    typed = typed_only(query)
    inexact = {key for key, (_title, body) in texts.items() if not (typed and times(typed, body))}
    scores = score(query, texts)
    return sorted(compared, key=lambda key: (key in inexact, -scores.get(key, 0))) + rest


def how_unlikely(keys, compiler):
    typed = typed_only(compiler.tree)
    exact = set(compiler.matching(typed)) if typed else set()
    in_title = set(compiler.matching(compiler.tree, column="title")) if compiler.COLUMN == "body" else set()
    return {key: (key not in exact, key not in in_title) for key in keys}


def analysed_texts(keys, compiler):
    """Return {key: (title, body)} in analysed words; the body holds the title too."""
    to_key = compiler.queryset.model._meta.pk.to_python
    entries = compiler.entries().filter(object_id__in=[str(key) for key in keys])
    rows = entries.values_list("object_id", *compiler.TEXTS)
    return {to_key(key): (f" {title} ", f" {body} ") for key, title, body in rows}


def score(query, texts):
    """Return {key: score}: BM25 over title and text, for each word or group of words of `query`."""
    parts = [query] if isinstance(query, Tokens | Or) else query.subqueries
    parts = [part for part in parts if any(leaves(part))]
    if not texts:
        return {}
    lengths = {key: body.count(" ") for key, (_title, body) in texts.items()}
    average = sum(lengths.values()) / len(lengths)
    scores = dict.fromkeys(texts, 0.0)
    for part in parts:
        counts = {key: times(part, body) for key, (_title, body) in texts.items()}
        holding = sum(count > 0 for count in counts.values())
        rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for key, count in counts.items():
            title, _body = texts[key]
            discount = 1 - LENGTH_DISCOUNT + LENGTH_DISCOUNT * lengths[key] / average
            in_text = count * (SATURATION + 1) / (count + SATURATION * discount)
            in_title = TITLE * min(times(part, title), 1) * (1 + 1 / max(title.count(" ") - 1, 1))
            scores[key] += rarity * (in_text + in_title)
    return scores


def times(query, text):
    """Return how often `text` has `query`, each of its ways to say it by its weight.

    For words that need not stand together it is the rarest that counts.
    """
    if isinstance(query, Tokens):
        ending = "" if query.is_prefix else " "
        return query.weight * text.count(f" {' '.join(query.words)}{ending}")
    counts = [times(part, text) for part in query.subqueries if any(leaves(part))]
    return sum(counts) if isinstance(query, Or) else min(counts, default=0)
