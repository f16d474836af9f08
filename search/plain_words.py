"""The plain words of English, French and Spanish: what is one of them is not misspelt.

The lists are those of pyspellchecker. Only its files are used.
"""

import functools
import gzip
import json
import unicodedata
from collections import defaultdict
from importlib.resources import files

LANGUAGES = ("en", "fr", "es")
# In letters: the words are in groups by their beginnings, which are searched quickly.
BEGINNING = 3


def is_plain(folded, languages=LANGUAGES):
    """Return whether `folded`, a folded word, is a plain word of one of `languages`."""
    beginning, line = folded[:BEGINNING], f"\n{folded}\n"
    return any(line in load_words(each).get(beginning, "") for each in languages if each in LANGUAGES)


@functools.cache
def load_words(language):
    """Return {beginning: all words of `language` with it, folded, as lines of one text}.

    A set of the words would take ten times the memory.
    """
    packed = (files("spellchecker") / "resources" / f"{language}.json.gz").read_bytes()
    words = "\n".join(json.loads(gzip.decompress(packed))).replace("œ", "oe").replace("æ", "ae")
    # For these languages it does the same as fold(), which takes seconds.
    words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().split("\n")
    found = defaultdict(list)
    for word in words:
        found[word[:BEGINNING]].append(word)
    return {beginning: "\n{}\n".format("\n".join(group)) for beginning, group in found.items()}
