"""Checks plain text and CSV files, which have no metadata: their encoding, and formulas in CSV.

It also escapes formulas in the CSV files that the site writes.
"""

import re

from media.sanitizer.reasons import Reason, Refused

# Excel and LibreOffice run a cell that begins with "=", and one that begins with "+", "-" or "@" and has a
# call, a reference to another sheet or a DDE link in it. In Japanese Excel the wide forms of the signs do
# the same. A lone CR ends a line. Phone numbers, negative numbers and dashes are text, but "-A (1)" is taken
# for a call. See OWASP, "CSV Injection".
CALL = r"""[^\W\d_][\w.]*["']?\s*(?:\(|![\w$]|\|[^\r\n]*!)"""
SIGN = r"[+\-@\uff0b\uff0d\uff20]"
# A quotation mark, a list or the name of a file in a formula can have separators in it, before the call.
OPENING = r"""[{\["]|(?<!\w)'"""
FORMULA = re.compile(
    rf"""(?:^|[\r,;|\t])(?:
        ["'\s]*(?:[=\uff1d]|{SIGN}[^\r\n,;|\t]*?{CALL})
        | ['\s]*{SIGN}[^\r\n,;|\t]*?(?:{OPENING})
        | \s*"["'\s]*{SIGN}(?:[^"]|"")*?(?:{CALL}|[{{\[]|""|(?<!\w)')
    )""",
    re.MULTILINE | re.VERBOSE,
)
# Where a formula could begin: before these signs, at the start of a value and after each character that some
# program takes for the end of a cell or line. A value that starts with a tab or the end of a line counts too.
FORMULA_START = re.compile(
    r"""\A(?=[\t\r\n])|(?:\A|(?<=[\r\n,;|\t]))(?=["'\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])"""
)
# The first line "sep=^" has Excel divide the cells by "^", so that FORMULA would not find their beginnings.
SEPARATOR = re.compile(r'[\ufeff\s"]*sep\s*=', re.IGNORECASE)


def clean_text(data):
    """Return the bytes `data` unchanged. Raises Refused if they aren't text in UTF-8."""
    decode(data)
    return data


def clean_csv(data):
    """Return the bytes `data` unchanged. Raises Refused if they aren't UTF-8, or if a cell is a formula."""
    text = decode(data).removeprefix("\ufeff")
    if SEPARATOR.match(text) or FORMULA.search(text):
        raise Refused(Reason.CSV_FORMULAS)
    return data


def escape_formulas(text):
    """Return `text` for a cell of a CSV file, with an apostrophe wherever a formula could begin.

    A spreadsheet takes a cell that begins with an apostrophe for text, and may show the apostrophe. Telephone
    and negative numbers get one too. clean_csv() refuses such a cell all the same, because a program can be
    told that apostrophes are quotation marks, and then removes them.
    """
    return FORMULA_START.sub("'", text)


def decode(data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    if "\0" in text:
        raise Refused(Reason.NOT_UTF8)
    return text
