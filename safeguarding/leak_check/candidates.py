"""Tells a text with many candidates from an ordinary one. A candidate is a word that may be a guess.

An editor who tries names could write hundreds of them into one text. A message that says in which paragraph
the leak check found a word would then tell which of them it is.
"""

import re

from safeguarding.leak_check.matching import COMMON_WORDS, MAYBE_SPACE, WORD, WORD_JOINTS, plain

BETWEEN_PHRASES = re.compile(rf"[^\w\s'’-]+|[\n{MAYBE_SPACE}]+")
# A phrase of at most SHORT words can be one of a list. In ordinary prose, at most the share NEW_WORDS of the
# words is new. The others were in it before.
SHORT, NEW_WORDS = 3, 0.6
# The most candidates of an ordinary text: FEW, and one more for each WORDS_FOR_ONE words, but at most MANY.
# The pages of the demo, with their key facts, tables and captions, have 1 to 85, and at most 0.64 times as
# many as this allows. The story with 85 has 748 words, for which it allows 134. A list of the countries of
# Africa has 54.
FEW, WORDS_FOR_ONE, MANY = 60, 10, 300


def has_many_candidates(texts):
    """Return whether `texts`, a list of strings, together have more candidates than an ordinary text."""
    candidates, words = count_candidates(texts)
    return candidates > min(FEW + words // WORDS_FOR_ONE, MANY)


def count_candidates(texts):
    """Return (number of candidates in `texts`, number of words).

    Candidates are short phrases, and in longer ones capitalised words, and new words above NEW_WORDS. The
    last are counted because a list of names can have small letters, and no commas. The first word of a phrase
    has a capital anyway, so it counts only if the texts don't have it in small letters elsewhere.
    """
    split = (each for text in texts for each in BETWEEN_PHRASES.split(plain(text)))
    # As the leak check does, take "ama-bob" and "amaBob" for two words.
    phrases = [WORD.findall(WORD_JOINTS.sub(" ", each)) for each in split]
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
    new = max(0, len(set(words)) - int(NEW_WORDS * len(words)))
    return len(candidates) + new, sum(map(len, phrases))
