"""Did you mean: better spellings of what was typed, from the words of the site and the vocabulary."""

import functools
import itertools
from dataclasses import dataclass, field, replace

from django.db.models import Max, StringAgg, Value
from django.db.models.functions import Concat
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import iter_words, stem
from search.models import KnownWord
from stories.terms import fold

# In letters. Shorter words are too like each other, and longer ones are no words.
SHORTEST, LONGEST = 4, 40
# A query's words beyond so many are taken as they are.
MOST_WORDS = 8
# How many words may be asked for in the database, as candidates, for one query.
MOST_CHECKS = 4
MOST_CORRECTIONS = 3
# SQLite takes no more parameters in one query than 32,766.
MOST_AT_ONCE = 10_000


# --- The words of the site -----------------------------------------------------------------------


def is_word(folded):
    return SHORTEST <= len(folded) <= LONGEST and folded.isalpha()


def spellings(texts):
    """Return {folded word: as it is written} for the words of `texts`, in lower case where it occurs."""
    found = {}
    # Each spelling once: to fold takes time.
    for written in dict.fromkeys(word.text for text in texts for word in iter_words(text)):
        folded = fold(written)
        # With many marks, a word is longer than its letters.
        if not is_word(folded) or len(written) > KnownWord._meta.get_field("written").max_length:
            continue
        kept = found.setdefault(folded, written)
        if kept != kept.lower() and written == written.lower():
            found[folded] = written
    return found


def remember(texts):
    """Store the words of `texts` that are not stored yet."""
    found = spellings(texts)
    # Sorted, so that no two processes wait for each other's words.
    for words in itertools.batched(sorted(found), MOST_AT_ONCE):
        stored = set(KnownWord.objects.filter(folded__in=words).values_list("folded", flat=True))
        new = [KnownWord(folded=word, written=found[word]) for word in words if word not in stored]
        if new:
            KnownWord.objects.bulk_create(new, ignore_conflicts=True)
            words_until.cache_clear()  # if this is rolled back, other words get these keys


class Words:
    """Words as they are `written`, by their folded form."""

    def __init__(self, written):
        self.written = written
        self._by_length = {}
        for word in written:
            self._by_length.setdefault(len(word), []).append(word)

    def __contains__(self, folded):
        return folded in self.written

    def near(self, word, distance):
        """Yield (other word, distance) for those that differ from `word` in so many letters at most."""
        for length in range(len(word) - distance, len(word) + distance + 1):
            others = self._by_length.get(length, ())
            for other, edits, _index in process.extract(
                word, others, scorer=OSA.distance, score_cutoff=distance, limit=None
            ):
                yield other, edits


def site_words():
    """Return the Words of the site. Each process keeps them as long as none is added."""
    return words_until(KnownWord.objects.aggregate(newest=Max("pk"))["newest"])


@functools.lru_cache(maxsize=1)
def words_until(_newest):
    # One text takes half the time of 50,000 rows.
    pair = Concat("folded", Value(" "), "written")
    words = iter((KnownWord.objects.aggregate(all=StringAgg(pair, Value(" ")))["all"] or "").split())
    return Words(dict(zip(words, words, strict=True)))


# --- The words of the vocabulary -----------------------------------------------------------------


class TermWords(Words):
    """The words of `terms`, which are texts. The first spelling of a word counts."""

    def __init__(self, terms):
        written, self._terms = {}, {}
        for term in terms:
            words = {fold(word.text): word.text for word in iter_words(term)}
            for folded in filter(is_word, words):
                written.setdefault(folded, words[folded])
                self._terms.setdefault(folded, []).append((term, words.keys()))
        super().__init__(written)

    def whole_term(self, candidate, near):
        """Return what finds `candidate`: a term with it of which `near` has the other words, or itself."""
        whole = (term for term, words in self._terms.get(candidate.folded, ()) if words <= near)
        return next(whole, candidate.written)


# As the terms seldom change, it is not done for each search.
term_words = functools.lru_cache(maxsize=8)(TermWords)


# --- Corrections ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Correction:
    """A whole query, corrected. `is_clear`: nothing else was as likely to be meant."""

    text: str
    is_clear: bool


@dataclass(frozen=True, order=True)
class Candidate:
    """What a word may have been meant to be. In order, the likelier ones come first."""

    distance: int
    other_beginning: bool
    other_length: bool
    folded: str
    written: str


@dataclass
class WrongWord:
    """A word that no public page has. `candidates` are the likeliest ones known, `found` what to show.

    `unchecked`: the first candidate that it is too much to ask for.
    """

    folded: str
    candidates: list[Candidate]
    unchecked: Candidate | None = None
    found: list[Candidate] = field(default_factory=list)
    is_clear: bool = False

    def keep_first(self, number, language):
        """Keep the `number` likeliest candidates; of the forms of one word, which find the same, one."""
        forms = {}
        for candidate in self.candidates:
            forms.setdefault(stem(candidate.folded, language), candidate)
        self.candidates, rest = list(forms.values())[:number], list(forms.values())[number:]
        self.unchecked = next(iter(rest), None)

    def choose(self, shown, language):
        """Find the candidates to show, as `shown`, {folded: written}, has them."""
        found = [replace(c, written=shown[c.folded]) for c in self.candidates if c.folded in shown]
        # What needs two edits more than the best was not meant.
        found = [c for c in found if c.distance <= found[0].distance + 1]
        own = [c for c in found if stem(c.folded, language) == stem(self.folded, language)]
        self.found = [c for c in found if c not in own and (not own or self.is_likelier(c, own[0]))]
        distances = [c.distance for c in [*self.found, self.unchecked] if c]
        self.is_clear = distances.count(distances[0]) == 1 if self.found else bool(own)

    def is_likelier(self, candidate, own):
        """Whether `candidate` may be meant although the site has `own`, another form of the word itself.

        With another ending, as in “miner” for “miners”, the word is right; “survives” for “survivers” is
        no better than “survivors”.
        """
        other_ending = own.folded.startswith(self.folded) or self.folded.startswith(own.folded)
        return candidate.distance <= own.distance - other_ending


def corrections(text, words, language, found_among, public_texts, extra_terms=()):
    """Return at most three Corrections of `text`, typed for pages in `language`, the best first.

    `words`: those of the text that count, as search.parsing.parse() returns them.
    `found_among(texts)`: those of some words and terms by which a public page in that language is found. A
    word that is stored and not found is not taken as right: if it were not corrected, that would tell
    that a private page has it.
    `public_texts(words)`: {word: texts of a public page in that language that has it or another form of
    it}. Only what stands there is shown of the words of the site: for the index, Marie and Mary are one.
    `extra_terms`: names and terms to correct by, which everybody may see.
    """
    terms = term_words(tuple(extra_terms))
    typed = {fold(word): word for word in words}
    wrong = wrong_words(typed, found_among, terms)
    if not wrong or len(wrong) > MOST_CHECKS:
        return []
    near = typed.keys() | {candidate.folded for word in wrong for candidate in word.candidates}
    for word in wrong:
        word.keep_first(MOST_CHECKS // len(wrong), language)
    asked = [candidate for word in wrong for candidate in word.candidates]
    shown = terms_to_show(asked, terms, near, found_among) | words_to_show(
        [candidate for candidate in asked if candidate.folded not in terms], language, public_texts
    )
    for word in wrong:
        word.choose(shown, language)
    corrected = [word for word in wrong if word.found]
    if not corrected:
        return []
    rows = itertools.product(*(word.found for word in corrected))
    rows = sorted(rows, key=lambda row: sum(candidate.distance for candidate in row))[:MOST_CORRECTIONS]
    is_clear = all(word.is_clear for word in corrected)
    replacements = [{w.folded: c.written for w, c in zip(corrected, row, strict=True)} for row in rows]
    return [Correction(replaced(text, new), is_clear and not n) for n, new in enumerate(replacements)]


def wrong_words(typed, found_among, terms):
    """Return the WrongWords among `typed`, {folded: as typed}."""
    site = site_words()
    typed = {word: typed[word] for word in list(typed)[:MOST_WORDS] if is_word(word) and word not in terms}
    known = [as_typed for word, as_typed in typed.items() if word in site]
    right = found_among(known) if known else set()
    return [
        WrongWord(word, candidates(word, site, terms))
        for word, as_typed in typed.items()
        if as_typed not in right
    ]


def terms_to_show(asked, terms, near, found_among):
    """Return {folded: written} for those Candidates `asked` for that are in `terms` and find something."""
    texts = {c.folded: terms.whole_term(c, near) for c in asked if c.folded in terms}
    found = found_among(texts.values()) if texts else set()
    return {folded: terms.written[folded] for folded, text in texts.items() if text in found}


def words_to_show(asked, language, public_texts):
    """Return {folded: written} for those Candidates `asked` for that public pages have."""
    texts = public_texts([candidate.written for candidate in asked]) if asked else {}
    forms = {c.folded: public_form(c.folded, texts.get(c.written, ()), language) for c in asked}
    return {folded: written for folded, written in forms.items() if written}


def candidates(word, *vocabularies):
    """Return the Candidates for `word`, folded, from `vocabularies`, in order."""
    most = 1 if len(word) < 6 else 2 if len(word) < 9 else 3
    # One that is in several is written as in the last.
    found = {
        other: Candidate(distance, other[0] != word[0], len(other) != len(word), other, words.written[other])
        for words in vocabularies
        for other, distance in words.near(word, most)
    }
    found.pop(word, None)
    return sorted(found.values())


def public_form(word, texts, language):
    """Return how `word` is written in `texts`, or that form of it there that is most like it, or None."""
    found = spellings(texts)
    forms = [
        (OSA.distance(word, other), written)
        for other, written in found.items()
        if stem(other, language) == stem(word, language)
    ]
    return min(forms)[1] if forms else None


def replaced(text, replacements):
    """Return `text` with words replaced, by {folded: other}; all else stays as it was typed."""
    parts, place = [], 0
    for word in iter_words(text):
        if fold(word.text) in replacements:
            parts += [text[place : word.start], replacements[fold(word.text)]]
            place = word.end
    return "".join([*parts, text[place:]])
