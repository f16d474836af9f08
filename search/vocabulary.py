"""Synonyms for the search: groups of equal terms, and the names of countries, themes and authors.

A story is indexed with a metadata token for each of its countries, themes and authors, for example
`countryke0` or `theme12`, and not with their names. The vocabulary turns names into these tokens when a
visitor searches, so a renamed theme needs no new index.
"""

import csv
import functools
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.db.models import F, TextField, Value
from django.db.models.functions import Cast

from caching.versioned_cache import cached
from search.analysis import iter_words, significant_words, site_tokens, stem, tokenize
from search.danger import find_danger
from search.models import VocabularyGroup
from search.parsing import TokenPhrase
from stories.languages import CONTENT_LANGUAGES
from stories.terms import NO_PLACES, Author, Country, Theme, country_names

# Names of countries and regions; docs/decisions/search.md says where they come from.
COUNTRY_TERMS_FILE = Path(__file__).parent / "data" / "country_terms.csv"
REGIONS_FILE = COUNTRY_TERMS_FILE.with_name("regions.csv")
# Codes in CLDR's list of territories that are no countries. EU is the European Union.
NON_COUNTRY_CODES = NO_PLACES | {"EU"}
# What a match counts in the ranking, where a typed word in a text counts 1: a metadata token says more
# than a word, and a synonym less.
METADATA_WEIGHT, SYNONYM_WEIGHT = 3, 0.5
# Tokens of abbreviations that are everyday words too (CAR, the Central African Republic): they mean the
# country when typed, but are not searched for in texts.
TYPED_ONLY = {("car",)}
# Synonyms in texts for one country. Each makes the query slower.
MAX_COUNTRY_SYNONYMS = 6
# Before a term that the others of its group find, and which does not find them (VocabularyGroup.terms).
WIDER = ">"
# In words. Longer terms are not recognised in a query.
MAX_TERM_WORDS = 9
# In characters: what is looked at of a text that may be a cry for help. The search refuses longer ones.
MAX_HELP_LENGTH = 1000


def make_synonym(tokens, term):
    """Return the TokenPhrase that searches for `term`, whose `tokens` these are, besides the typed words."""
    return TokenPhrase(tokens, is_typed=False, weight=SYNONYM_WEIGHT, label=term)


class Vocabulary:
    """All synonyms for searching pages in `language`, an ISO code.

    What editors can change is read when the object is made, by at most one query. Make one for each search.

    `max_term_words`: the number of words of the longest term, at most MAX_TERM_WORDS.
    `spelling_terms`: names and terms, as visitors know them, that misspelt words are compared with.
    """

    def __init__(self, language):
        self.language = language
        groups, names = cached(("vocabulary", language), functools.partial(read_editable_terms, language))
        self._groups = analyse_groups(groups, language)
        self._names = find_metadata_tokens(names, language)
        self._countries = get_country_vocabulary(language)
        self.spelling_terms = self._groups.spelling_terms
        self.max_term_words = self._groups.max_term_words

    def synonyms(self, words):
        """Return TokenPhrases that are searched for besides `words`, one term of a query; often none."""
        if not significant_words(" ".join(words), self.language):
            return []
        tokens = tuple(stem(word, self.language) for word in words)
        # Each word of a theme's or author's name has the metadata token, so longer terms need none.
        metadata = self._names.get(tokens, ()) if len(tokens) == 1 else ()
        phrases = [TokenPhrase([token], weight=METADATA_WEIGHT) for token in metadata]
        phrases += self._countries.synonyms(tokens)
        for synonym in self._groups.synonyms.get(tokens, ()):
            of_countries = self._countries.metadata_tokens(synonym.tokens)
            phrases.append(synonym)
            # The whole name of a theme, as “sexual exploitation”, counts like the typed word.
            phrases += [
                TokenPhrase([token], len(synonym.tokens) > 1, weight=METADATA_WEIGHT, label=synonym.label)
                for token in [*self._names.get(synonym.tokens, ()), *of_countries]
            ]
        distinct = {}
        for phrase in phrases:
            distinct.setdefault(phrase.tokens, phrase)
        return list(distinct.values())

    def asks_for_help(self, text):
        """Return the language to answer in if `text`, as typed, reads like a cry for help; else ""."""
        return find_danger(text[:MAX_HELP_LENGTH], self._groups.help_terms)


# --- Groups of equal terms, themes and authors ---------------------------------------------------
# The rows are cached until the database changes; their analysis is cached as long as they are equal. Groups
# change far less often than the names of themes and authors.

NAMED = {model._meta.model_name: model for model in (Theme, Author)}


def read_editable_terms(language):
    """Return two sorted tuples of rows: (terms of a group, whether it leads to help), and (kind, key, name).

    The kind is “theme” or “author”. One query reads all.
    """
    groups = VocabularyGroup.objects.annotate(kind=Value("group"), helps=F("leads_to_help"))
    querysets = [groups.values_list("kind", "helps", "pk", "terms")]
    for model in NAMED.values():
        names = model.objects.filter(locale__language_code=language)
        names = names.annotate(kind=Value(model._meta.model_name), helps=Value(False))
        querysets.append(names.values_list("kind", "helps", "pk", Cast("name", TextField())))
    # SQLite refuses an order in a part of a union.
    first, *others = (queryset.order_by() for queryset in querysets)
    rows = sorted(first.union(*others, all=True))
    groups = tuple((text, helps) for kind, helps, _pk, text in rows if kind not in NAMED)
    return groups, tuple((kind, pk, text) for kind, _helps, pk, text in rows if kind in NAMED)


@dataclass(frozen=True)
class AnalysedGroups:
    """The analysed groups of read_editable_terms(); Vocabulary explains the last two."""

    # {tokens of a term: its synonyms}
    synonyms: dict
    help_terms: tuple[str, ...]
    spelling_terms: tuple[str, ...]
    max_term_words: int


@functools.lru_cache(maxsize=8)
def analyse_groups(groups, language):
    """Return the AnalysedGroups of `groups`, rows (terms, whether they lead to help)."""
    groups = [(VocabularyGroup(terms=text).lines, helps) for text, helps in groups]
    equal_groups = [lines for lines, helps in groups if not helps]
    synonyms, countries = find_synonyms(equal_groups, language), get_country_vocabulary(language)
    return AnalysedGroups(
        synonyms,
        help_terms=tuple(line for lines, helps in groups if helps for line in lines),
        spelling_terms=(*countries.spelling_terms, *(line for lines in equal_groups for line in lines)),
        max_term_words=min(max(map(len, [*synonyms, *countries.codes])), MAX_TERM_WORDS),
    )


@functools.lru_cache(maxsize=8)
def find_metadata_tokens(names, language):
    """Return {tokens: metadata tokens} for `names`, rows (kind, primary key, name).

    The keys are the tokens of each whole name and of each of its words. The site's own words are left out of
    queries, so they are no keys.
    """
    found = defaultdict(list)
    for kind, pk, name in names:
        terms = [name, *(word[0] for word in iter_words(name))]
        significant = [term for term in terms if significant_words(term, language)]
        for tokens in dict.fromkeys(tuple(tokenize(term, language)) for term in significant):
            if not site_tokens(language).issuperset(tokens):
                found[tokens].append(NAMED[kind](pk=pk).index_token)
    return dict(found)


def find_synonyms(groups, language):
    """Return {tokens of a term: the synonyms of its groups}; `groups` are lists of terms.

    A term that contains a shorter one of its group, as “human trafficking” contains “trafficking”, is no
    synonym: it finds nothing more. If terms of a group are WIDER, the others find only these.
    """
    found = defaultdict(dict)
    for lines in groups:
        equal, wider = {}, {}
        for line in lines:
            if significant_words(line, language):
                tokens = tuple(tokenize(line, language))
                synonym = make_synonym(tokens, line.lstrip(f"{WIDER} "))
                (wider if line.startswith(WIDER) else equal).setdefault(tokens, synonym)
        meant = wider or equal
        shortest = {
            tokens: synonym
            for tokens, synonym in meant.items()
            if not any(part != tokens and contains(tokens, part) for part in meant)
        }
        for tokens in equal:
            found[tokens] |= {other: synonym for other, synonym in shortest.items() if other != tokens}
    # As many as one group has at most: each makes a search slower.
    limit = VocabularyGroup.MAX_TERMS
    return {tokens: tuple(synonyms.values())[:limit] for tokens, synonyms in found.items()}


def contains(tokens, part):
    """Return whether `part`, tokens, stands in `tokens` in one piece."""
    return f" {' '.join(part)} " in f" {' '.join(tokens)} "


# --- Countries -----------------------------------------------------------------------------------


@functools.cache
def read_country_terms():
    """Return {ISO code of a country: {language: its aliases and demonyms}} from the two files.

    Besides languages there are “former” (colonial names), “places” and “regions”, which are never shown.
    """
    found = defaultdict(dict)
    for row in csv.DictReader(COUNTRY_TERMS_FILE.read_text(encoding="utf-8").splitlines()):
        code = row.pop("code")
        found[code] = {language: cell.split("; ") for language, cell in row.items() if cell}
    for region in csv.DictReader(REGIONS_FILE.read_text(encoding="utf-8").splitlines()):
        for code in region["countries"].split():
            found[code].setdefault("regions", []).extend(region["names"].split("; "))
    return dict(found)


class CountryVocabulary:
    """The names, aliases and demonyms of all countries, for searching pages in `language`, an ISO code.

    `codes`: {tokens: {ISO code of a country that they mean: True for a name, False for an alias}}
    `spelling_terms`: names in `language`, and aliases in all languages, without former ones.
    """

    def __init__(self, language):
        self.language = language
        self.codes = defaultdict(dict)
        self.spelling_terms = []
        # {ISO code: synonyms in `language`, the name first}
        self._synonyms = {}
        for code, name in country_names(language).items():
            # CLDR's territories also include continents and regions, with codes of three digits.
            if len(code) == 2 and code not in NON_COUNTRY_CODES:
                self._add(code, name, read_country_terms().get(code, {}))

    def _add(self, code, name, aliases):
        all_aliases = [alias for terms in aliases.values() for alias in terms]
        self.spelling_terms += [name, *(a for code in CONTENT_LANGUAGES for a in aliases.get(code, ()))]
        for language in CONTENT_LANGUAGES:
            self.codes[self._tokenize(country_names(language).get(code, name))][code] = True
        for alias in all_aliases:
            self.codes[self._tokenize(alias)].setdefault(code, False)
        terms = [name, *aliases.get(self.language, [])]
        first, *others = (make_synonym(self._tokenize(term), term) for term in terms)
        # Short terms first: long forms often contain a demonym of one word, and are then left out.
        self._synonyms[code] = [first, *sorted(others, key=lambda synonym: len(synonym.tokens))]

    def _tokenize(self, text):
        return tuple(tokenize(text, self.language))

    def metadata_tokens(self, tokens):
        """Return the metadata tokens of the countries that `tokens` mean, unless they mean a whole region."""
        codes = self.codes.get(tokens, ())
        return [Country(code=code).index_token for code in codes if len(codes) < MAX_COUNTRY_SYNONYMS]

    def synonyms(self, tokens):
        """Return TokenPhrases for the countries that `tokens` mean: metadata tokens and words of texts."""
        codes = self.codes.get(tokens, {})
        names = country_names(self.language)
        phrases = [
            TokenPhrase(
                [Country(code=code).index_token],
                is_typed=is_name,
                weight=METADATA_WEIGHT / len(codes),
                label="" if is_name or len(codes) > MAX_COUNTRY_SYNONYMS else names[code],
            )
            for code, is_name in codes.items()
        ]
        # The more countries are meant, the less each says, and the fewer synonyms it has.
        limit = MAX_COUNTRY_SYNONYMS // max(len(codes), 1)
        for code in codes:
            phrases += self._find_synonyms(code, tokens)[:limit]
        return phrases

    def _find_synonyms(self, code, tokens):
        """Return the synonyms for a country that find more than `tokens` and the synonyms before them do."""
        known, synonyms = [tokens], []
        for synonym in self._synonyms[code]:
            finds_more = not any(contains(synonym.tokens, part) for part in known)
            is_usable = synonym.tokens not in TYPED_ONLY
            if finds_more and is_usable and significant_words(synonym.label, self.language):
                known.append(synonym.tokens)
                synonyms.append(synonym)
        return synonyms


get_country_vocabulary = functools.cache(CountryVocabulary)
