"""Text analysis for the search: splits text into words and turns each word into a token of the index.

Indexed text and typed queries go through the same functions, so that they can match. The analysis is
done in Python and not by the database: SQLite and PostgreSQL then find the same without extensions, and
each page is stemmed by the rules of its own language (docs/decisions/search.md).
"""

import functools
import re
import threading

import snowballstemmer

from stories.terms import fold

# The Snowball algorithm for each language, by ISO code. Words in other languages are folded, not stemmed.
STEMMER_NAMES = {"ar": "arabic", "en": "english", "es": "spanish", "fr": "french"}
# A letter or digit, then letters, digits and combining marks (accents, Arabic vowel signs). Any other
# character, such as an apostrophe, hyphen or slash, ends the word. No word begins with a letter of which
# folding or stemming leaves nothing: the Arabic tatweel, and vowel signs and accents that stand alone. A word
# of such letters would be an empty token, which PostgreSQL refuses in a query.
WORD_PATTERN = re.compile(
    r"[^\W_\u037a\u0640\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f\uff9e\uff9f]"
    r"(?:[^\W_]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670])*"
)
# In characters: longer than any real word. PostgreSQL refuses tokens of more than 2,046 bytes.
MAX_TOKEN_LENGTH = 60

# Words that are too common to search for, by ISO code. They are indexed, because a quoted phrase may
# contain them. A query leaves them out unless it has no other words.
STOP_WORDS = {
    "ar": (
        "في من على إلى عن مع هذا هذه ذلك التي الذي أن إن أو ثم كان كانت كانوا وكان وكانت هو هي هم لا ما لم "
        "قد كل بين وبين بينه بينها بينهم بيننا عني معي مني"
    ),
    "en": (
        "a about all an and any are as at be been being but by can did do does doing for from had has have "
        "having he her hers him his how i if in into is it its me my no nor not of on or our ours she so "
        "some that the their theirs them then there these they this to us was we were what when where which "
        "who why will with you your yours"
    ),
    "es": (
        "a al algo ante como con cual cuales de del desde donde e el ella ellas ellos en entre era es esa "
        "ese eso esta este esto fue ha hay la las le les lo los mas me mi muy ni no nos o para pero por "
        "porque que quien quienes se ser si sin sobre son su sus también te tu un una unas uno unos y ya yo"
    ),
    "fr": (
        "à au aux avec ce ces cet cette comme dans de des du elle elles en est et être eux il ils je la le "
        "les leur leurs lui ma mais me mes mon ne nos notre nous on ou où par pas plus pour qu que qui sa se "
        "ses son sont sur ta te tes toi ton tu un une vos votre vous y"
    ),
}

# Words that many pages of this site have, whatever they are about, and words that questions begin with. A
# query leaves them out, unless all its other words are stop words.
SITE_WORDS = {
    "ar": "قصة قصص شخص أشخاص ماذا متى لماذا كيف بعد قبل",
    "en": (
        "story people someone somebody after before could explained get got happens just know like mean "
        "other should tell there thing turn use without would"
    ),
    "es": (
        "historia historias relato relatos persona personas gente alguien antes después otra otro pasa puede "
        "significa"
    ),
    "fr": (
        "histoire histoires récit récits personne personnes gens quelqu'un après avant comment pourquoi "
        "devient deviennent peut quand que quel quelle quels quelles signifie"
    ),
}


def iter_words(text):
    """Yield a regular expression's match for each word of `text`, in order.

    A single letter beside an apostrophe, like the s of “Kofi’s” or the l of “l’esclavage”, is left out.
    """
    for match in WORD_PATTERN.finditer(text):
        word = match[0]
        if len(word) > 1 or word.isdigit() or not is_beside_apostrophe(text, *match.span()):
            yield match


def is_beside_apostrophe(text, start, end):
    return text[end : end + 1] in {"'", "’"} or text[max(start - 1, 0) : start] in {"'", "’"}


def may_contain(text, tokens, language):
    """Return False only if no word of `text` has one of `tokens`, a set. It is quicker than iter_words."""
    return not tokens.isdisjoint([stem(word, language) for word in set(WORD_PATTERN.findall(text))])


@functools.lru_cache(maxsize=50_000)
def stem(word, language):
    """Return the index token for one `word` in `language`, an ISO code.

    The word is folded (no accents, lower case), cut at MAX_TOKEN_LENGTH, and stemmed if STEMMER_NAMES
    has the language.
    """
    token = fold(word)[:MAX_TOKEN_LENGTH]
    # The Arabic stemmer leaves Latin letters alone, but takes three times as long as others to find that out.
    # Most of the vocabulary has such letters.
    if language not in STEMMER_NAMES or (language == "ar" and token.isascii()):
        return token
    return _get_stemmer(language, threading.get_ident()).stemWord(token)


@functools.lru_cache(maxsize=100)
def _get_stemmer(language, _thread):
    """Return the stemmer of a thread: a stemmer object keeps the current word as its state."""
    return snowballstemmer.stemmer(STEMMER_NAMES[language])


def tokenize(text, language):
    """Return the index tokens of `text` in `language`, an ISO code, as a list in the text's order."""
    return [stem(word[0], language) for word in iter_words(text)]


def fold_words(text):
    """Return the words of `text` folded but not stemmed, as a list.

    Used where the exact word or its beginning counts, such as in autocompletion.
    """
    return [fold(word[0])[:MAX_TOKEN_LENGTH] for word in iter_words(text)]


@functools.cache
def stop_words(language):
    """Return the folded stop words of `language` as a frozenset; it is empty for an unknown language."""
    return frozenset(fold(word) for word in STOP_WORDS.get(language, "").split())


def significant_words(text, language):
    """Return the folded words of `text` that are no stop words of `language`.

    Stop words are not compared by their stems, which other words have too: “comida” has the stem of “como”.
    """
    return [word for word in fold_words(text) if word not in stop_words(language)]


@functools.cache
def site_tokens(language):
    """Return the tokens of the SITE_WORDS of `language` as a frozenset."""
    return frozenset(tokenize(SITE_WORDS.get(language, ""), language))
