"""Tells a text with many candidates from an ordinary one. A candidate is a word that may be a guess.

An editor who tries names could write hundreds of them into one text. A message that says in which paragraph
the leak check found a word would then tell which of them it is.
"""

import re

from safeguarding.leak_check.matching import COMMON_WORDS, MAYBE_SPACE, WORD, WORD_JOINTS, plain

BETWEEN_PHRASES = re.compile(rf"[^\w\s'’-]+|[\n{MAYBE_SPACE}]+")
# A phrase of at most SHORT words can be one of a list, and so can a line of at most SHORT_LINE words. In
# ordinary prose, at most the share NEW_WORDS of the words is new. The others were in it before. In a longer
# text, fewer are new, as Heaps' law says: HEAPS are its factor and its exponent.
SHORT, SHORT_LINE, NEW_WORDS, HEAPS = 3, 12, 0.6, (8, 0.65)
# The most candidates of an ordinary text: FEW, and one more for each WORDS_FOR_ONE words, but at most MANY.
# The pages of the demo, with their key facts, tables and captions, have 1 to 85, and at most 0.7 times as
# many as this allows. The story with 85 has 748 words, for which it allows 134. A list of the countries of
# Africa has 54.
FEW, WORDS_FOR_ONE, MANY = 60, 10, 300


def has_many_candidates(texts):
    """Return whether `texts`, a list of strings, together have more candidates than an ordinary text."""
    candidates, words = count_candidates(texts)
    return candidates > min(FEW + words // WORDS_FOR_ONE, MANY)


def count_candidates(texts):
    """Return (number of candidates in `texts`, number of words).

    Candidates are short phrases and lines, and in longer phrases capitalised words, and new words above what
    is ordinary. The last are counted because a list of names can have small letters, and no commas. The first
    word of a phrase has a capital anyway, so it counts only if the texts don't have it in small letters
    elsewhere.
    """
    # As the leak check does, take "ama-bob" and "amaBob" for two words.
    lines = [
        [WORD.findall(WORD_JOINTS.sub(" ", phrase)) for phrase in BETWEEN_PHRASES.split(line)]
        for text in texts
        for line in plain(text).split("\n")
    ]
    phrases = [phrase for line in lines for phrase in line]
    short_lines = sum(SHORT < sum(map(len, line)) <= SHORT_LINE for line in lines)
    candidates = {" ".join(each).casefold() for each in phrases if 0 < len(each) <= SHORT}
    prose = [each for each in phrases if len(each) > SHORT]
    small = {word for each in phrases for word in each} | COMMON_WORDS
    candidates |= {
        word.casefold()
        for each in prose
        for number, word in enumerate(each)
        if word[0].isupper() and (number or word.casefold() not in small)
    }
    words = [word.casefold() for each in prose for word in each]
    factor, power = HEAPS
    ordinary = min(NEW_WORDS * len(words), factor * len(words) ** power)
    new = max(0, len(set(words)) - int(ordinary))
    return len(candidates) + short_lines + new, sum(map(len, phrases))
