"""Recognises searches of people in danger, by words and rules that are data: search/data/danger_*.csv.

A search is read in one language after the other. Words of the file are found in it, and each is a signal,
such as “i” or “harm”. The search is one of somebody in danger if it has all signals of a rule. Most rules
don't count if somebody studies the subject or wants something else of the site: docs/decisions/search.md.
"""

import csv
import functools
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

from django.utils.translation import get_language
from rapidfuzz.distance import OSA

from search.plain_words import is_plain
from stories.languages import CONTENT_LANGUAGES
from stories.terms import PLAIN_LETTERS

DATA = Path(__file__).parent / "data"
# Arabic letters that many people write in place of each other, and a line that only stretches a word.
SAME_LETTERS = PLAIN_LETTERS | str.maketrans("ةىـ", "هي ")
# All but letters, digits, and the vowel signs of Devanagari, which `\w` leaves out.
NO_WORD = re.compile(r"(?:[^\w\u0900-\u0963]|_)+")
# As in “can’t”, which many people write without it, and as in “m’a”, which is two words.
APOSTROPHE, ELISION = re.compile("['’‘`´]"), re.compile(r"(?<=\b[cdjlmnst])['’‘`´]")
# Up to two other words may stand between two words of the file.
GAP = r"(?: \S+){0,2} "
# In words: a search with no more is short.
MAX_SHORT = 2
# In letters: shorter words are too similar to each other, and shorter beginnings say nothing of the word.
MIN_MISSPELT, MIN_BEGINNING = 6, 5


def find_danger(text, help_terms=()):
    """Return the language to answer in if `text`, as typed, may be that of somebody in danger; else "".

    It is the likeliest language of the text in which the site has texts, or else the active one.
    `help_terms`: a tuple of the terms that editors mark as cries for help.
    """
    words = mend(normalise(text))
    patterns = read_words() | {"": read_terms(help_terms)}
    found = {language: find_signals(words, each) for language, each in patterns.items()}
    pooled = set().union(*found.values())
    needs_always = "errand" in pooled or ("study" in pooled and "i" not in pooled)
    rules = [rule for rule, is_always in read_rules().items() if is_always or not needs_always]
    # People mix English words into their language.
    fitting = [each for each in found if any(rule <= found["en"] | found[each] for rule in rules)]
    fitting.sort(key=lambda each: (-len(found[each]), each != get_language()))
    return next(filter(CONTENT_LANGUAGES.__contains__, fitting), get_language()) if fitting else ""


def has_first_person(text):
    """Return whether `text` has a word such as “I” or “my”, in any language of the file."""
    return any(signals["i"].search(normalise(text)) for signals in read_words().values())


def normalise(text):
    """Return the words of `text` in lower case, without accents and apostrophes, with a space around each.

    fold() also removes the vowel signs of Hindi, without which “my” and “beat” are one word.
    """
    # First, because NFKD makes a space and an accent of “´”, which some keyboards have for an apostrophe.
    text = APOSTROPHE.sub("", ELISION.sub(" ", text.casefold()))
    letters = unicodedata.normalize("NFKD", text).casefold().translate(SAME_LETTERS)
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    return f" {NO_WORD.sub(' ', letters).strip()} "


def find_signals(words, patterns):
    """Return the set of the signals in `words`, of normalise(). `patterns`: {signal: regular expression}."""
    found = {signal for signal, pattern in patterns.items() if pattern.search(words)}
    return found | ({"short"} if len(words.split()) <= MAX_SHORT else set())


def mend(words):
    """Return `words` with the words of the file in place of what is misspelt by one letter."""
    return f" {' '.join(map(mend_word, words.split()))} "


@functools.lru_cache(maxsize=2_000)
def mend_word(word):
    if len(word) < MIN_MISSPELT:
        return word
    words = group_words().get(word[0], ())
    if word.startswith(words) or is_plain(word):
        return word
    for known in (each for each in words if len(each) >= MIN_MISSPELT):
        # The word may have an ending.
        beginnings = (word[:length] for length in range(len(known) - 1, len(known) + 2))
        if any(OSA.distance(known, each, score_cutoff=1) <= 1 for each in beginnings):
            return known
    return word


@functools.cache
def read_rows():
    """Return rows (signal, language, its terms) of the file of words; normalise() has made the terms."""
    with open(DATA / "danger_words.csv", newline="", encoding="utf-8") as file:
        rows = [(row["signal"], row["language"], row["words"].split("; ")) for row in csv.DictReader(file)]
    return [
        (signal, language, ["*".join(normalise(part).strip() for part in term.split("*")) for term in terms])
        for signal, language, terms in rows
    ]


@functools.cache
def read_words():
    """Return {language: {signal: regular expression for its terms}}."""
    found = defaultdict(dict)
    for signal, language, terms in read_rows():
        found[language][signal] = compile_terms(terms)
    return dict(found)


@functools.lru_cache(maxsize=8)
def read_terms(terms):
    """Return {signal: regular expression} for editors' `terms`: one word is a topic, and several are clear.

    The words of a longer term may have an ending.
    """
    words = [normalise(term).split() for term in terms]
    longer = ["* ".join([*term, ""]).strip() for term in words if len(term) > 1]
    return {"topic": compile_terms(t[0] for t in words if len(t) == 1), "clear": compile_terms(longer)}


def compile_terms(terms):
    """Return the regular expression that finds `terms`, in which * stands for any letters."""
    patterns = [GAP.join(re.escape(word) for word in term.split()) for term in terms]
    # Without terms, it finds nothing.
    return re.compile(f" (?:{'|'.join(patterns) or '(?!)'}) ".replace(r"\*", r"\S*"))


@functools.cache
def read_rules():
    """Return {rule, as a frozenset of signals: whether it counts whatever else is in a search}."""
    with open(DATA / "danger_rules.csv", newline="", encoding="utf-8") as file:
        return {frozenset(row["signals"].split()): bool(row["always"]) for row in csv.DictReader(file)}


@functools.cache
def group_words():
    """Return {first letter: words of the file in Latin letters, or beginnings of such}."""
    found = defaultdict(set)
    for word in " ".join(term for *_row, terms in read_rows() for term in terms).replace("*", "").split():
        if len(word) >= MIN_BEGINNING and word.isascii():
            found[word[0]].add(word)
    return {letter: tuple(sorted(words)) for letter, words in found.items()}
