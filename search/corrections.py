"""Spelling corrections for “Did you mean”: known words and terms that are close to a misspelt word.

All words of live pages are stored as KnownWords, also those of pages that only some people may see. Which
words count as misspelt, and what they are corrected to, must not reveal what stands on a private page. So a
KnownWord is used only if exactly this word is found on a public page. Any other one makes no difference.
"""

import itertools
from dataclasses import dataclass, field, replace

from search.analysis import iter_words, stem
from search.known_words import find_spellings, get_site_words, get_term_words, is_correctable
from search.plain_words import is_plain
from stories.terms import fold

# Words of a query that are looked at; further ones stay as they are.
MAX_WORDS = 8
# Candidates of all misspelt words together that may be shown.
MAX_CANDIDATES = 4
MAX_CORRECTIONS = 3
# In letters: a word that may have two typing errors, where shorter ones have one.
LONG_WORD = 8


@dataclass(frozen=True)
class Correction:
    """A corrected query. `is_clear`: whether it is searched for at once: only typing errors differ.

    Others are offered as “Did you mean”, and the visitor's own words are searched for.
    """

    text: str
    is_clear: bool


@dataclass(frozen=True, order=True)
class Candidate:
    """A known word that a misspelt word may stand for. Sorted by the fields below, the likeliest come first.

    `distance`: the number of edits between the two (optimal string alignment). `stem`: that of the word.
    """

    distance: int
    differs_in_first_letter: bool
    differs_in_length: bool
    folded: str
    spelling: str
    stem: str


@dataclass
class MisspeltWord:
    """A typed word that neither a public page, nor a term of the vocabulary, nor the plain words have.

    `candidates`: known words that are close to it, the likeliest first.
    `looked_up`: how many of the candidates, the first ones, were looked up on the public pages.
    `left_out`: the first usable candidate beyond the limit, or None. It is not shown, but a correction
    that is no closer to the typed word is not clear.
    `corrections`: the candidates to show.
    `is_clear`: whether there is one best correction.
    """

    folded: str
    candidates: list[Candidate]
    looked_up: int = 0
    left_out: Candidate | None = None
    corrections: list[Candidate] = field(default_factory=list)
    is_clear: bool = False

    def find_usable(self, usable):
        """Return those of the looked up candidates that are in `usable`, folded words.

        Only the first of several inflections of one word is returned, because they find the same.
        """
        by_stem = {}
        for candidate in self.candidates[: self.looked_up]:
            if candidate.folded in usable:
                by_stem.setdefault(candidate.stem, candidate)
        return list(by_stem.values())

    def take_candidates(self, number, usable):
        """Return {stem: list of folded words} for the next candidates, with at most `number` stems.

        Those in `usable` are left out. These and the returned ones count as looked up from then on.
        """
        taken = {}
        for candidate in self.candidates[self.looked_up :]:
            if candidate.stem not in taken and len(taken) == number:
                break
            self.looked_up += 1
            if candidate.folded not in usable:
                taken.setdefault(candidate.stem, []).append(candidate.folded)
        return taken

    def choose_corrections(self, spellings):
        """Set the corrections: candidates that `spellings`, {folded: spelling}, allows to be shown."""
        shown = [replace(c, spelling=spellings[c.folded]) for c in self.candidates if c.folded in spellings]
        # A candidate that needs two edits more than the best one is too unlikely.
        self.corrections = [c for c in shown if c.distance <= shown[0].distance + 1]
        if shown:
            distances = [c.distance for c in [*self.corrections, self.left_out] if c]
            self.is_clear = distances.count(distances[0]) == 1 and self.is_typing_error(shown[0])

    def is_typing_error(self, candidate):
        """Return whether the typed word is `candidate` with a typing error, and no word of its own."""
        max_distance = 1 if len(self.folded) < LONG_WORD else 2
        is_close = candidate.distance <= max_distance and not candidate.differs_in_first_letter
        return is_close and not is_plain(self.folded)


def find_corrections(text, words, searcher):
    """Return at most MAX_CORRECTIONS Corrections of `text`, the best first.

    `words`: the words of `text` to correct, as in ParsedQuery.words.
    `searcher`: a Searcher, which looks up words among the public pages. The names and terms of its
    vocabulary, which everybody may see, are further words to correct to.
    """
    term_words = get_term_words(tuple(searcher.vocabulary.spelling_terms))
    typed = dict.fromkeys(map(fold, words))
    misspelt = find_misspelt_words(typed, searcher, term_words)
    # With more misspelt words than candidates, some would have no candidate.
    if not misspelt or len(misspelt) > MAX_CANDIDATES:
        return []
    meant = {candidate.folded for word in misspelt for candidate in word.candidates}
    available = typed.keys() | (meant & term_words.spellings.keys())
    limit = MAX_CANDIDATES // len(misspelt)
    usable = find_usable_words(misspelt, limit, searcher, term_words)
    for word in misspelt:
        word.candidates = word.find_usable(usable)
        word.left_out = next(iter(word.candidates[limit:]), None)
        del word.candidates[limit:]
    candidates = [candidate for word in misspelt for candidate in word.candidates]
    of_terms = [candidate for candidate in candidates if candidate.folded in term_words]
    of_pages = [candidate for candidate in candidates if candidate.folded not in term_words]
    spellings = {candidate.folded: usable[candidate.folded] for candidate in of_pages}
    spellings |= find_term_spellings(of_terms, term_words, available, searcher)
    for word in misspelt:
        word.choose_corrections(spellings)
    return combine_corrections(text, [word for word in misspelt if word.corrections])


def combine_corrections(text, misspelt):
    """Return the best Corrections of `text`, at most MAX_CORRECTIONS.

    Each replaces all `misspelt` words. Combinations with the fewest edits come first.
    """
    if not misspelt:
        return []
    combinations = itertools.product(*(word.corrections for word in misspelt))
    combinations = sorted(combinations, key=lambda chosen: sum(candidate.distance for candidate in chosen))
    is_clear = all(word.is_clear for word in misspelt)
    corrections = []
    for number, chosen in enumerate(combinations[:MAX_CORRECTIONS]):
        spellings = {word.folded: each.spelling for word, each in zip(misspelt, chosen, strict=True)}
        # Only the best correction can be the clear one.
        corrections.append(Correction(replace_words(text, spellings), is_clear and number == 0))
    return corrections


def find_misspelt_words(typed, searcher, term_words):
    """Return the MisspeltWords among `typed`, folded words.

    They are those not found on a public page, in a term, or among the plain words of the language.
    """
    site_words, language = get_site_words(), searcher.language
    checked = [word for word in list(typed)[:MAX_WORDS] if is_correctable(word) and word not in term_words]
    checked = [word for word in checked if not is_plain(word, [language])]
    right = find_public_spellings([[folded] for folded in checked if folded in site_words], searcher)
    return [
        MisspeltWord(folded, find_candidates(folded, language, site_words, term_words))
        for folded in checked
        if folded not in right
    ]


def find_candidates(folded, language, *word_lists):
    """Return the sorted Candidates for a misspelt word, `folded`. The last of `word_lists` has precedence.

    An inflection of the word, such as “survives” for “survivers”, is none: it finds the same.
    """
    length = len(folded)
    # In edits. A longer word may have more typing errors before it looks like other words.
    max_distance = 1 if length < 6 else 2 if length < 9 else 3
    candidates = {
        other: Candidate(
            distance=distance,
            differs_in_first_letter=other[0] != folded[0],
            differs_in_length=len(other) != length,
            folded=other,
            spelling=word_list.spellings[other],
            stem=stem(other, language),
        )
        for word_list in word_lists
        for other, distance in word_list.find_similar(folded, max_distance)
    }
    # Among them is the word itself, if a private page has it.
    own_stem = stem(folded, language)
    return sorted(candidate for candidate in candidates.values() if candidate.stem != own_stem)


def find_usable_words(misspelt, limit, searcher, term_words):
    """Return {folded: spelling} with the words of terms and with candidates that are found on a public page.

    For each misspelt word, candidates are looked up until more than `limit` usable ones are found: the
    `limit` first ones, and one that tells whether the best correction is clear.
    """
    usable = dict(term_words.spellings)
    while True:
        batch = {}
        for word in misspelt:
            if len(word.find_usable(usable)) <= limit:
                for word_stem, words in word.take_candidates(limit + 1, usable).items():
                    batch.setdefault(word_stem, []).extend(words)
        if not batch:
            return usable
        usable |= find_public_spellings(batch.values(), searcher)


def find_term_spellings(candidates, term_words, available, searcher):
    """Return {folded: spelling} for those `candidates`, words of terms, whose term finds a public page.

    A candidate is searched for as a whole term if the term's other words are `available` too, folded words
    that were typed or may be meant; or else by itself.
    """
    terms = {candidate.folded: term_words.find_term(candidate, available) for candidate in candidates}
    matching = searcher.filter_matching(terms.values()) if terms else set()
    return {folded: term_words.spellings[folded] for folded, term in terms.items() if term in matching}


def find_public_spellings(words, searcher):
    """Return {folded: spelling} for those folded words that are found on a public page.

    `words`: lists of inflections of one word. Only the newest page with one of these is read. Inflections
    that it does not have are not found.
    """
    first = {inflections[0]: inflections for inflections in words}
    texts = searcher.find_texts(first.keys()) if first else {}
    found = {}
    for word, of_page in texts.items():
        spellings = find_spellings(of_page)
        found |= {other: spellings[other] for other in first[word] if other in spellings}
    return found


def replace_words(text, spellings):
    """Return `text` with the words in `spellings`, {folded: spelling}, replaced; the rest is unchanged."""
    parts, position = [], 0
    for word in iter_words(text):
        if fold(word[0]) in spellings:
            parts += [text[position : word.start()], spellings[fold(word[0])]]
            position = word.end()
    return "".join([*parts, text[position:]])
