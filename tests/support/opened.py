"""Searches files and cached values for words, also in their compressed parts."""

import re
import zlib
from contextlib import suppress

# How data that gzip or zlib compressed begins, and the format of each for zlib.decompressobj().
COMPRESSED = {rb"\x1f\x8b\x08": zlib.MAX_WBITS | 16, rb"\x78[\x01\x5e\x9c\xda]": zlib.MAX_WBITS}


def words_in(data, words):
    """Return those of `words` that are in the bytes `data`, in upper or lower case."""
    found = set()
    for content in opened(data):
        lower = content.lower()
        found |= {word for word in words if word.lower().encode() in lower}
    return found


def opened(data):
    """Yield the bytes `data`, and what is compressed anywhere in them."""
    yield data
    for start, wbits in COMPRESSED.items():
        for match in re.finditer(start, data):
            with suppress(zlib.error):  # The same bytes by chance.
                yield from opened(zlib.decompressobj(wbits).decompress(data[match.start() :]))
