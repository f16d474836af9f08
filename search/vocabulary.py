"""What else can be said for what somebody typed: equal terms, names of countries, themes, authors."""

import csv
import functools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.db.models import F, TextField, Value
from django.db.models.functions import Cast

from caching.generation import kept
from search.analysis import fold_words, stem, stop_words, tokenize
from search.models import VocabularyGroup
from search.queries import Tokens, leaves
from stories.languages import CONTENT_LANGUAGES
from stories.terms import Author, Country, Theme, country_names

# Aliases and demonyms of countries; where they are from is said in docs/decisions/search.md.
COUNTRY_TERMS = Path(__file__).parent / "data" / "country_terms.csv"
# Entries of CLDR's that are no country.
NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ"}
# Being filed under what was asked for tells more than a word of the text; another word for it, less.
FILED, OTHER_WORD = 3, 0.5
# An abbreviation that is an everyday word too: it means the country when typed, but not in a text.
NOT_IN_TEXTS = {("car",)}
# A country is looked for by so many other words in texts: each makes the search slower.
MOST_WORDS_OF_COUNTRY = 6
MOST_WORDS_IN_TERM = 9
MOST_LABELS = 8


@dataclass(frozen=True)
class Term:
    """A way to say something: its words as they stand in the index, and as readers know it."""

    words: tuple[str, ...]
    label: str


class Vocabulary:
    """The other ways to say things, for searching pages in `language`, an ISO code.

    It reads what editors can change when it is made, by one query at most: make one for each search.

    `longest`: the number of words of the longest term.
    """

    def __init__(self, language):
        self.language = language
        rows = kept(("vocabulary", language), functools.partial(read_what_editors_change, language))
        edited = understood(rows, language)
        self._equals, self._help_lines, self._names = edited.equals, edited.help_lines, edited.names
        self._countries = countries_in(language)
        # Names and terms as readers know them, to correct by.
        self.texts = edited.texts
        self.longest = edited.longest

    def ways_to_say(self, words):
        """Return Tokens for the other ways to say `words`, consecutive tokens of a query; often none."""
        words = tuple(words)
        if not is_telling(words, self.language):
            return []
        # Several words of a name are found one by one.
        names = self._names.get(words, ()) if len(words) == 1 else ()
        ways = [Tokens([name], weight=FILED) for name in names] + self._countries.ways_to_say(words)
        for term in self._equals.get(words, ()):
            ways.append(other_word(term))
            filed = [*self._names.get(term.words, ()), *self._countries.filed(term.words)]
            ways += [Tokens([token], is_typed=False, weight=FILED, label=term.label) for token in filed]
        without_doubles = {}
        for way in ways:
            without_doubles.setdefault(way.words, way)
        return list(without_doubles.values())

    def also_searched(self, query):
        """Return the words that were added to `query`, a tree of Tokens, for readers: at most 8."""
        typed = {word for leaf in leaves(query) if leaf.is_typed for word in leaf.words}
        labels = {}
        for leaf in leaves(query):
            words = tuple(tokenize(leaf.label, self.language))
            if not leaf.is_typed and not typed.issuperset(words):
                labels.setdefault(words, leaf.label)
        return list(labels.values())[:MOST_LABELS]

    def asks_for_help(self, text):
        """Return whether `text`, as typed, reads like a cry for help, in any language of the site.

        It does with a term of several words, all of them in any order, stop words aside; where only
        one would be left, as in “help me”, they must stand together. And it does with a term of one
        word, when there is at most one other word.
        """
        return any(reads_like(text, help_terms(self._help_lines, code), code) for code in CONTENT_LANGUAGES)


def is_telling(words, language):
    """Return whether `words`, tokens, are more than stop words of `language`."""
    return not stop_words(language).issuperset(words)


def other_word(term):
    return Tokens(term.words, is_typed=False, weight=OTHER_WORD, label=term.label)


# --- What editors can change ---------------------------------------------------------------------
# What is read is kept until something changes, and what it means for as long as it is the same.


def read_what_editors_change(language):
    """Return rows of (kind, whether it leads to help, key, text): groups, and names of themes and authors.

    One query for all, as each search needs it.
    """
    groups = VocabularyGroup.objects.annotate(kind=Value("group"), helps=F("leads_to_help"))
    parts = [groups.values_list("kind", "helps", "pk", "terms")]
    for model in (Theme, Author):
        names = model.objects.filter(locale__language_code=language)
        names = names.annotate(kind=Value(model._meta.model_name), helps=Value(False))
        parts.append(names.values_list("kind", "helps", "pk", Cast("name", TextField())))
    return tuple(sorted(parts[0].order_by().union(*(part.order_by() for part in parts[1:]), all=True)))


@dataclass(frozen=True)
class Edited:
    """What the rows that editors can change mean in a language; see Vocabulary for `texts` and `longest`."""

    equals: dict
    names: dict
    help_lines: tuple[str, ...]
    texts: tuple[str, ...]
    longest: int


@functools.lru_cache(maxsize=8)
def understood(rows, language):
    """Return what `rows` of read_what_editors_change() are."""
    models = {model._meta.model_name: model for model in (Theme, Author)}
    names = [(models[kind], key, text) for kind, _helps, key, text in rows if kind in models]
    groups = [row for row in rows if row[0] == "group"]
    groups = [(VocabularyGroup(terms=text).lines, helps) for _kind, helps, _key, text in groups]
    equal = [lines for lines, helps in groups if not helps]
    equals, countries = equal_terms(equal, language), countries_in(language)
    return Edited(
        equals,
        filed_by_name(names, language),
        help_lines=tuple(line for lines, helps in groups if helps for line in lines),
        texts=(*countries.texts, *(line for lines in equal for line in lines)),
        longest=min(max(map(len, [*equals, *countries.meanings])), MOST_WORDS_IN_TERM),
    )


def filed_by_name(rows, language):
    """Return {words: tokens of the index} of rows of (model, key, name), by whole name and each word."""
    found = defaultdict(list)
    for model, key, name in rows:
        words = tuple(tokenize(name, language))
        for part in dict.fromkeys([words, *((word,) for word in words)]):
            if is_telling(part, language):
                found[part].append(model(pk=key).index_token)
    return dict(found)


def equal_terms(groups, language):
    """Return {words: the other Terms of all groups with it}; `groups` are tuples of lines.

    Left out is a term that holds a shorter one of its group, as “human trafficking” does “trafficking”.
    """
    found = defaultdict(dict)
    for lines in groups:
        terms = {}
        for line in lines:
            words = tuple(tokenize(line, language))
            if is_telling(words, language):
                terms.setdefault(words, Term(words, line))
        for words in terms:
            found[words] |= {other: term for other, term in terms.items() if finds_more(other, terms, words)}
    return {words: tuple(others.values()) for words, others in found.items()}


def finds_more(other, terms, words):
    """Return whether looking for `other` finds what neither `words` nor a shorter one of `terms` does."""
    return other != words and not any(part != other and within(part, other) for part in terms)


# --- Cries for help ------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)
def help_terms(lines, language):
    """Return (single words, phrases, sets of words) that `lines` are, see Vocabulary.asks_for_help."""
    singles, phrases, sets = set(), set(), set()
    for line in lines:
        words, telling = fold_words(line), telling_words(line, language)
        if len(words) == 1:
            singles.add(words[0])
        elif len(telling) == 1:
            phrases.add(f" {' '.join(tokenize(line, language))} ")
        elif telling:
            sets.add(frozenset(stem(word, language) for word in telling))
    return singles, phrases, sets


def telling_words(text, language):
    return [word for word in fold_words(text) if word not in stop_words(language)]


def reads_like(text, terms, language):
    singles, phrases, sets = terms
    telling = telling_words(text, language)
    others = [word for word in telling if word not in singles]
    stems = {stem(word, language) for word in telling}
    typed = f" {' '.join(tokenize(text, language))} "
    return (
        (len(others) < len(telling) and len(others) <= 1)
        or any(phrase in typed for phrase in phrases)
        or any(words <= stems for words in sets)
    )


# --- Countries -----------------------------------------------------------------------------------


@functools.cache
def country_terms():
    """Return {ISO code: {language: aliases and demonyms}}, from the table in search/data."""
    with open(COUNTRY_TERMS, newline="", encoding="utf-8") as file:
        rows = {row.pop("code"): row for row in csv.DictReader(file)}
    return {
        code: {language: cell.split("; ") for language, cell in row.items() if cell}
        for code, row in rows.items()
    }


@functools.cache
def countries_in(language):
    return Countries(language)


class Countries:
    """The names of all countries, for pages in `language`.

    `meanings`: {words: {ISO code: whether it is the country's name, not an alias}}
    """

    def __init__(self, language):
        self.language = language
        self.meanings = defaultdict(dict)
        self.texts = []
        # {ISO code: Terms for it in texts, the name first}
        self._in_texts = {}
        for code, name in country_names(language).items():
            if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES:
                self._add(code, name, country_terms().get(code, {}))

    def _add(self, code, name, aliases):
        self.texts += [name, *(alias for terms in aliases.values() for alias in terms)]
        for in_language in CONTENT_LANGUAGES:
            self.meanings[self._words(country_names(in_language).get(code, name))][code] = True
        for alias in (alias for terms in aliases.values() for alias in terms):
            self.meanings[self._words(alias)].setdefault(code, False)
        terms = [Term(self._words(text), text) for text in [name, *aliases.get(self.language, [])]]
        # Demonyms, of one word, before long forms that often contain them.
        self._in_texts[code] = terms[:1] + sorted(terms[1:], key=lambda term: len(term.words))

    def _words(self, text):
        return tuple(tokenize(text, self.language))

    def filed(self, words):
        """Return the tokens of the index of the countries that `words` mean."""
        return [Country(code=code).index_token for code in self.meanings.get(words, ())]

    def ways_to_say(self, words):
        """Return Tokens for the countries that `words` mean, often none, as stories are filed and say."""
        codes = self.meanings.get(words, {})
        names = country_names(self.language)
        filed = [
            Tokens(
                [Country(code=code).index_token],
                is_typed=is_name,
                weight=FILED,
                label="" if is_name else names[code],
            )
            for code, is_name in codes.items()
        ]
        return filed + [other_word(term) for code in codes for term in self._others(code, words, len(codes))]

    def _others(self, code, words, countries):
        """Return the Terms that find more than `words` do, and fewer the more `countries` there are."""
        known, others = [words], []
        for term in self._in_texts[code]:
            finds_more = not any(within(part, term.words) for part in known)
            if finds_more and term.words not in NOT_IN_TEXTS and is_telling(term.words, self.language):
                known.append(term.words)
                others.append(term)
        return others[: max(MOST_WORDS_OF_COUNTRY // countries, 1)]


def within(part, words):
    return f" {' '.join(part)} " in f" {' '.join(words)} "
