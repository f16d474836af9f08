"""Checks plain text and CSV, which hold nothing but what a reader sees."""

import re

from media.sanitizer.reasons import Reason, Refused

# Excel and LibreOffice run a cell that begins with "=", and one that begins with "+", "-" or "@" and goes on
# like a call, a reference to another sheet or a DDE link. Phone numbers, negative numbers and dashes are
# words. OWASP, "CSV Injection".
FORMULA = re.compile(r"""(?:^|[,;|\t])["'\s]*(?:=|[+\-@][\w.$+\-*/]*[A-Za-z][\w.]*[(!|])""", re.MULTILINE)


def clean_text(data):
    """Return the plain text `data` as it is. Raises Refused when it isn't text in UTF-8."""
    decode(data)
    return data


def clean_csv(data):
    """Return the CSV `data` as it is. Raises Refused for other encodings and cells that are formulas."""
    if FORMULA.search(decode(data).removeprefix("\ufeff")):
        raise Refused(Reason.CSV_FORMULAS)
    return data


def decode(data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    if "\0" in text:
        raise Refused(Reason.NOT_UTF8)
    return text
