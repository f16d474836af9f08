"""Removes the quotation marks that an editor typed around a quote. The page shows that it is a quote."""

import re

# The pairs of marks that languages use. Each string is an opening and a closing mark. They are in tuples, so
# that the formatter leaves them in few lines.
PAIRS = {
    *('""', "“”", "„“", "„”", "””", "‟”", "«»", "»«", "»»", "「」", "『』", "《》", "〝〞", "〝〟"),
    *("''", "‘’", "‚‘", "‚’", "’’", "‹›", "›‹", "››", "``"),
}
# An apostrophe between two letters, as in “don't”. It is the same character as a mark, but is not one.
APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")


def strip_marks(text):
    """Return `text` without white space around it, and without one pair of quotation marks around all of it.

    A mark of the pair inside means that the pair may not belong together, as in “Go,” she said, “now.”
    """
    text = text.strip()
    inner = text[1:-1].strip()
    if inner and text[0] + text[-1] in PAIRS and not {text[0], text[-1]} & set(APOSTROPHE.sub("", inner)):
        return inner
    return text
