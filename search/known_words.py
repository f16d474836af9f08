"""The words that misspelt words are corrected to: those of the site's pages, and those of the vocabulary.

A word is compared as folded: in lower case and without accents.
"""

import functools
import itertools

from django.db.models import Max, StringAgg, Value
from django.db.models.functions import Concat
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import iter_words
from search.models import KnownWord
from stories.terms import fold

# In letters, of words that can be corrected. Shorter words are too similar to each other, and longer ones
# are no real words.
MIN_LENGTH, MAX_LENGTH = 4, 40
# Words in one SQL query: SQLite takes at most 32,766 parameters.
BATCH_SIZE = 10_000


def is_correctable(folded):
    """Return whether `folded`, a folded word, can be corrected, and be a correction."""
    return MIN_LENGTH <= len(folded) <= MAX_LENGTH and folded.isalpha()


def find_spellings(texts):
    """Return {folded word: spelling} for the words of `texts`; a spelling in lower case is preferred."""
    max_length = KnownWord._meta.get_field("written").max_length
    found = {}
    # dict.fromkeys removes duplicates before the slow folding.
    for spelling in dict.fromkeys(word[0] for text in texts for word in iter_words(text)):
        folded = fold(spelling)
        # With combining marks, a spelling can be much longer than its folded form.
        if not is_correctable(folded) or len(spelling) > max_length:
            continue
        first = found.setdefault(folded, spelling)
        if first != first.lower() and spelling == spelling.lower():
            found[folded] = spelling
    return found


def store_known_words(texts):
    """Store the words of `texts` as KnownWords, unless they are stored already."""
    found = find_spellings(texts)
    # In a fixed order, so that two processes that store the same words cannot deadlock.
    for words in itertools.batched(sorted(found), BATCH_SIZE):
        stored = set(KnownWord.objects.filter(folded__in=words).values_list("folded", flat=True))
        new = [KnownWord(folded=word, written=found[word]) for word in words if word not in stored]
        if new:
            KnownWord.objects.bulk_create(new, ignore_conflicts=True)
            # If the transaction is rolled back, SQLite gives its keys to other words later. The newest key,
            # by which the words are cached, could then be the same.
            _load_site_words.cache_clear()


class WordList:
    """Words to compare misspelt ones with; `spellings`: {folded word: spelling}."""

    def __init__(self, spellings):
        self.spellings = spellings
        self._by_length = {}
        for folded in spellings:
            self._by_length.setdefault(len(folded), []).append(folded)

    def __contains__(self, folded):
        return folded in self.spellings

    def find_similar(self, folded, max_distance):
        """Yield (other folded word, distance) for the words within `max_distance` edits of `folded`.

        An edit inserts, deletes or replaces a letter, or swaps two neighbours (OSA: optimal string
        alignment).
        """
        # Words that differ more in length need more edits.
        for length in range(len(folded) - max_distance, len(folded) + max_distance + 1):
            others = self._by_length.get(length, ())
            for other, distance, _index in process.extract(
                folded, others, scorer=OSA.distance, score_cutoff=max_distance, limit=None
            ):
                yield other, distance


def get_site_words():
    """Return the WordList of all KnownWords, kept in this process until a word is added."""
    return _load_site_words(KnownWord.objects.aggregate(newest=Max("pk"))["newest"])


@functools.lru_cache(maxsize=1)
def _load_site_words(_newest_pk):
    """Return the WordList of all KnownWords. `_newest_pk`: only the key of the cache."""
    # Reading one long text takes half the time of reading 50,000 rows.
    pair = Concat("folded", Value(" "), "written")
    words = iter((KnownWord.objects.aggregate(all=StringAgg(pair, Value(" ")))["all"] or "").split())
    # Pairs: zip() takes two words in turn from the one iterator.
    return WordList(dict(zip(words, words, strict=True)))


# --- Words of the vocabulary ---------------------------------------------------------------------


class TermWordList(WordList):
    """The words of `terms`, texts that everybody may see. The first spelling of a word is kept."""

    def __init__(self, terms):
        spellings, self._terms = {}, {}
        for term in terms:
            words = {fold(word[0]): word[0] for word in iter_words(term)}
            for folded in filter(is_correctable, words):
                spellings.setdefault(folded, words[folded])
                self._terms.setdefault(folded, []).append((term, words.keys()))
        super().__init__(spellings)

    def find_term(self, candidate, available):
        """Return a term with `candidate` whose other words are all in `available`, or else its spelling."""
        terms = (term for term, words in self._terms.get(candidate.folded, ()) if words <= available)
        return next(terms, candidate.spelling)


# Terms seldom change, so the lists are not made anew for each search.
get_term_words = functools.lru_cache(maxsize=8)(TermWordList)
