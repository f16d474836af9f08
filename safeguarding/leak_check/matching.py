"""Finds protected words in strings, even if they are disguised. It uses no models and no settings.

The letters and digits of a text are joined into one string. A sequence of the same length has a number for
each character, which says whether a word begins there. So "Bachelal" is found in "B-a-c-h-e-l-a-l" and in
"BachelalShelter.jpg", but not in "Bachelalorum".
"""

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

# --- Preparing a text ----------------------------------------------------------------------------

# Tags that only change how letters look. They can stand within a word.
INLINE_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "font", "i", "ins", "mark", "q", "s"),
    *("small", "span", "strike", "strong", "sub", "sup", "tt", "u", "wbr"),
}
# Tags that end a word. Anything else in angle brackets is text.
BLOCK_TAGS = {
    *("blockquote", "br", "div", "embed", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
# A character between two words that may also be within one word: at a line break of a text, and between the
# cells of a table. It belongs to no word, and Python counts it as a space.
MAYBE_SPACE = "\x1f"
# A hyphen at the end of a line, and one with a space on one of its sides.
HYPHEN_AND_SPACE = re.compile(r"(?<=\w)(?:[-\u2010]\s+|\s+[-\u2010])(?=\w)")
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)((?:\s[^<>]*)?)/?>")
# How often entities and percent codes are decoded at most, as "%2526" is an encoded "%26".
MAX_CODES = 3
# Characters that Unicode counts as letters or symbols but that are blank, and the Arabic kashida.
BLANKS = str.maketrans("", "", "\u115f\u1160\u2800\u3164\uffa0\u0640")
CYRILLIC = "авеијкмнорстухѕіһԁԛԝӏ"
CYRILLIC_AS_LATIN = "abeujkmhopctyxsihdqwl"
LOOK_ALIKES = str.maketrans(CYRILLIC + CYRILLIC.upper(), CYRILLIC_AS_LATIN + CYRILLIC_AS_LATIN.upper())
# Small capitals are letters of their own.
LOOK_ALIKES |= str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
# Greek and Armenian letters become the Latin letters that they look like. In a word without Latin letters, a
# small Greek letter becomes what its capital looks like, so that both are the same, and Armenian letters
# stay. In a word with Latin letters, each letter becomes what it looks like itself.
GREEK_OR_ARMENIAN_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]*[\u0370-\u03ff\u0531-\u0587][^\W\d_]*")
GREEK = "αβεζηικμνορτυχ"
GREEK_CAPITALS = str.maketrans(GREEK + GREEK.upper(), "abezhikmnoptyx" + "ABEZHIKMNOPTYX")
SHAPES = str.maketrans(
    "αβγεηικνορτυχω" + GREEK.upper() + "հյոռսցզօւՍՏՕԼ", "abyenikvoptuxw" + "ABEZHIKMNOPTYX" + "hjnnugqoiUSOL"
)
LATIN = re.compile("[A-Za-z]")
# Letters that Unicode does not decompose, and Arabic letters that many people write for each other.
PLAIN_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"ɑ": "a", "ɡ": "g", "ة": "ه", "ى": "ي"}
)
# The positions where a word begins without a space, as in camelCase, HTMLPage and picture2.
WORD_JOINTS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
WORD = re.compile(r"[^\W_]+")
# A word in which digits or signs replace letters, such as Am1na or @mina. 1 is read as i and as l. Without
# the first condition, each letter of a long word would be tried as its beginning: 40,000 take 45 seconds.
WORD_WITH_SIGNS = re.compile(r"(?<![^\W_])(?=[\d@$_]{0,20}[^\W\d_])[^\W_]*[@$01345][\w@$]*")
SIGNS = [str.maketrans("@$01345", f"aso{letter}eas") for letter in "il"]


# An attribute of Wagtail's rich text: a random key, which changes without a change of the text.
BLOCK_KEY = re.compile(r' data-block-key="[a-z0-9]{1,5}"')


def remove_tags(text):
    """Return `text` without HTML tags. The attributes of the tags, such as addresses, follow at the end.

    Random keys of paragraphs are left out.
    """
    attributes = []

    def replace(match):
        name = match[1].lower()
        if name not in INLINE_TAGS | BLOCK_TAGS:
            return match[0]
        attributes.append(BLOCK_KEY.sub("", match[2]))
        return "" if name in INLINE_TAGS else MAYBE_SPACE if name == "br" else " "

    return " ".join([TAG.sub(replace, text), *attributes])


def decode(text):
    """Return `text` with its HTML entities and percent codes replaced by their characters."""
    for _time in range(MAX_CODES):
        decoded = unquote(html.unescape(text))
        if decoded == text:
            break
        text = decoded
    return text


def plain(text):
    """Return `text` as plain letters: without tags, codes, invisible characters and accents.

    Letters of other scripts are replaced by the Latin ones that they look like.
    """
    # Both would leave a text without these characters as it is, but take longer.
    text = decode(remove_tags(text)) if "<" in text or "&" in text or "%" in text else text
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(BLANKS))
        # Leave out marks, such as accents, and format characters.
        text = "".join(each for each in text if unicodedata.category(each) not in {"Mn", "Mc", "Me", "Cf"})
        text = GREEK_OR_ARMENIAN_WORD.sub(map_shapes, text.translate(LOOK_ALIKES))
    return text


def map_shapes(match):
    """Return the Latin look-alike of `match`, a match of GREEK_OR_ARMENIAN_WORD."""
    return match[0].translate(SHAPES if LATIN.search(match[0]) else GREEK_CAPITALS)


def add_readings(text):
    """Return `text`, followed by how it reads if digits and signs in its words stand for letters."""
    readings = [WORD_WITH_SIGNS.sub(lambda word, to=to: word[0].translate(to), text) for to in SIGNS]
    return text if readings[0] == text else " ".join([text, *readings])


# --- Terms ---------------------------------------------------------------------------------------

# A term of at least LONG letters is found even if the text has other spaces in it. A shorter one has to have
# the same spaces. With at least SHORTEST_APART letters, it is also found with a space after each letter:
# "Asif" is found in "A s i f", and not in "as if".
LONG = 7
SHORTEST_APART = 3
# Endings that a term may have in the text, unless it is shorter than SHORTEST_PLURAL or one of COMMON_WORDS:
# "this" is no plural of the name Thi, and "angels" is most often none of Angel.
PLURALS = ("s", "es")
SHORTEST_PLURAL = 5
# Without accents. A line that begins with "#" says in which language the words below it are.
COMMON_WORDS = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
# Scripts without spaces between words. Below them: Arabic prefixes that are written together with a word.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
ARABIC = re.compile(r"[\u0600-\u06ff]")
ARABIC_PREFIXES = {"و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "كال", "فال", "لل", "ول", "وب"}
LONGEST_PREFIX = max(map(len, ARABIC_PREFIXES))
# Telephone numbers have at least PHONE_DIGITS digits, with up to three other characters between two of them.
# They are compared by their last digits, because the country code may be missing.
PHONE = re.compile(r"\d(?:[\W_]{0,3}\d){7,}")
PHONE_DIGITS = 8

# What is before a character: a character of the same word, the end of a word without a space, or a space.
INSIDE, JOINT, SPACE = range(3)


@dataclass(frozen=True)
class Term:
    """A string to search for.

    `letters`: its letters and digits, as join_words() returns them. `breaks`: the positions in `letters`
    before which it has a space. `is_phone`: whether it is the last digits of a telephone number.
    """

    letters: str
    breaks: tuple = ()
    is_phone: bool = False


def make_term(words):
    """Return the Term for the string `words`, or None if it has no letter and no digit."""
    letters, gaps = join_words(plain(words))
    breaks = [position for position in range(1, len(letters)) if gaps[position] == SPACE]
    return Term(letters, tuple(breaks)) if letters else None


def make_phone_terms(text):
    """Return the Terms for the telephone numbers in `text`."""
    return [Term(number[-PHONE_DIGITS:], is_phone=True) for number in find_numbers(plain(text))]


def find_numbers(text):
    """Return the telephone numbers in `text`, as strings of the digits 0 to 9."""
    numbers = PHONE.findall(text)
    return ["".join(str(int(each)) for each in number if each.isdecimal()) for number in numbers]


# --- Finding -------------------------------------------------------------------------------------


class Texts:
    """Texts that are prepared for searches. `find` returns which of them contain a Term.

    `letters`: the letters and digits of all texts, with a line break after each text. `gaps`: what is before
    each character of `letters`. `starts`: the position in `letters` of each text. `numbers`: the telephone
    numbers of each text.
    """

    def __init__(self, texts):
        parts, gaps, self.starts, self.numbers = [], bytearray(), [], []
        length = 0
        for text in texts:
            self.starts.append(length)
            prepared = plain(text)
            self.numbers.append(find_numbers(prepared))
            letters, text_gaps = join_words(add_readings(prepared))
            # No Term has a line break, so none is found across two texts.
            parts.append(f"{letters}\n")
            gaps += text_gaps
            gaps.append(SPACE)
            length = len(gaps)
        self.letters = "".join(parts)
        self.gaps = gaps

    def find(self, term):
        """Return the set of the indexes of the texts that contain `term`."""
        if term.is_phone:
            # A number may be within a longer one: PHONE joins two that have only a comma between them.
            holders = enumerate(self.numbers)
            return {index for index, numbers in holders if any(term.letters in each for each in numbers)}
        # Matches may overlap: the next search begins one character later.
        found, start = set(), self.letters.find(term.letters)
        while start >= 0:
            if self.is_whole(term, start):
                found.add(bisect_right(self.starts, start) - 1)
            start = self.letters.find(term.letters, start + 1)
        return found

    def is_whole(self, term, start):
        """Return whether the match of `term` at `start` is whole words, not a part of longer ones."""
        end = start + len(term.letters)
        if UNSPACED.search(term.letters):
            return True
        return self.begins(start, term) and self.ends(term, end) and self.has_right_spaces(term, start, end)

    def begins(self, start, term):
        """Return whether a word begins at `start`. In Arabic, a prefix may be before it."""
        if self.gaps[start] != INSIDE:
            return True
        if not ARABIC.match(term.letters):
            return False
        first = start
        # Not to the beginning of a long word, which would take seconds if the name is often in it.
        while self.gaps[first] == INSIDE and start - first <= LONGEST_PREFIX:
            first -= 1
        return self.letters[first:start] in ARABIC_PREFIXES

    def ends(self, term, end):
        """Return whether a word ends before `end`, or after a plural ending of `term` at `end`."""
        if self.gaps[end] != INSIDE:
            return True
        if len(term.letters) < SHORTEST_PLURAL or term.letters in COMMON_WORDS:
            return False
        return any(
            self.letters.startswith(plural, end) and self.gaps[end + len(plural)] != INSIDE
            for plural in PLURALS
        )

    def has_right_spaces(self, term, start, end):
        """Return whether the match from `start` to `end` has the spaces of `term`, or one after each letter.

        Long terms match with any spaces.
        """
        if len(term.letters) >= LONG:
            return True
        inner = self.gaps[start + 1 : end]
        if len(term.letters) >= SHORTEST_APART and SPACE in inner and INSIDE not in inner:
            return True
        # A joint counts as a space, and as none.
        return all(
            gap != INSIDE if position in term.breaks else gap != SPACE
            for position, gap in enumerate(inner, start=1)
        )


def join_words(text):
    """Return (letters and digits of `text`, bytes that say what is before each of them)."""
    text = HYPHEN_AND_SPACE.sub(MAYBE_SPACE, text)
    text = WORD_JOINTS.sub(MAYBE_SPACE, text).casefold().translate(PLAIN_LETTERS)
    words, gaps, end = [], bytearray(), 0
    for match in WORD.finditer(text):
        between = text[end : match.start()]
        is_joint = end and not any(each.isspace() for each in between.replace(MAYBE_SPACE, ""))
        gaps.append(JOINT if is_joint else SPACE)
        gaps += bytes(match.end() - match.start() - 1)  # zeros, which are INSIDE
        words.append(match[0])
        end = match.end()
    return "".join(words), gaps
