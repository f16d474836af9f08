"""Turns text into the words of the search index, the same way for what is stored and what is typed.

All of it happens here, in Python, and the databases only store the outcome and look it up: so both
find the same, without extensions, and stories in each language are stemmed by its own rules
(docs/decisions/search.md).
"""

import functools
import re
import threading
from dataclasses import dataclass

import snowballstemmer

from stories.terms import fold

# Where a language is missing here, words are folded but not stemmed.
STEMMERS = {"ar": "arabic", "en": "english", "es": "spanish", "fr": "french"}
# Runs of letters and digits: an apostrophe, a hyphen or a slash ends a word. Marks, such as an
# accent stored by itself or a vowel sign, are parts of one.
WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670])*")
# PostgreSQL refuses longer words than 2,046 bytes, and no word that anybody looks for is that long.
LONGEST = 60

# Words that tell nothing of what somebody looks for. They are indexed (a phrase may hold them) but
# not asked for, unless nothing else is.
STOP_WORDS = {
    "ar": ("في من على إلى عن مع هذا هذه ذلك التي الذي أن إن أو ثم كان كانت هو هي هم لا ما لم قد كل بين"),
    "en": (
        "a about all an and any are as at be been but by can did do does for from had has have he her him "
        "his how i if in into is it its me my no nor not of on or our she so some that the their them then "
        "there these they this to us was we were what when where which who why will with you your"
    ),
    "es": (
        "a al algo ante como con cual de del desde donde e el ella ellas ellos en entre era es esa ese eso "
        "esta este esto fue ha hay la las le les lo los mas me mi muy ni no nos o para pero por porque que "
        "quien se ser si sin sobre son su sus también te tu un una unas uno unos y ya yo"
    ),
    "fr": (
        "à au aux avec ce ces cet cette comme dans de des du elle elles en est et être eux il ils je la le "
        "les leur leurs lui ma mais me mes mon ne nos notre nous on ou où par pas plus pour qu que qui sa se "
        "ses son sont sur ta te tes toi ton tu un une vos votre vous y"
    ),
}


@dataclass(frozen=True)
class Word:
    """A word where it stands in a text."""

    text: str
    start: int
    end: int


def words_in(text):
    """Yield each Word of `text`, in order. What stands alone after an apostrophe or before it, as in
    “Kofi’s” or “l’esclavage”, is no word.
    """
    for match in WORD.finditer(text):
        start, end = match.span()
        if end - start == 1 and not match[0].isdigit() and touches_apostrophe(text, start, end):
            continue
        yield Word(match[0], start, end)


def touches_apostrophe(text, start, end):
    return text[end : end + 1] in {"'", "’"} or text[max(start - 1, 0) : start] in {"'", "’"}


@functools.lru_cache(maxsize=50_000)
def stem(word, language):
    """Return the token of one `word` of a text in `language`, an ISO code: folded, then stemmed."""
    token = fold(word)[:LONGEST]
    # A number that is longer than a database's is still text, and stays as it is.
    return _stemmer(language).stemWord(token) if language in STEMMERS else token


def _stemmer(language):
    if not hasattr(_own, language):
        setattr(_own, language, snowballstemmer.stemmer(STEMMERS[language]))
    return getattr(_own, language)


# A stemmer keeps the word that it works on: two threads would mix theirs up.
_own = threading.local()


def tokens(text, language):
    """Return the tokens of `text` in `language`, as they stand in the index."""
    return [stem(word.text, language) for word in words_in(text)]


def folded(text):
    """Return the words of `text` folded but whole, as what is found by its beginning must be."""
    return [fold(word.text)[:LONGEST] for word in words_in(text)]


@functools.cache
def stop_words(language):
    """Return the stop words of `language`, folded."""
    return frozenset(fold(word) for word in STOP_WORDS.get(language, "").split())
