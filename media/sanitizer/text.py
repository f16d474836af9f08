"""Checks plain text and CSV files, which have no metadata: their encoding, and formulas in CSV."""

import re

from media.sanitizer.reasons import Reason, Refused

# Cells that Excel and LibreOffice run as formulas: those that begin with "=", and those that begin with "+",
# "-" or "@" and continue like a function call, a reference to another sheet or a DDE link. Phone numbers,
# negative numbers and dashes are no formulas. See OWASP, "CSV Injection".
FORMULA = re.compile(r"""(?:^|[,;|\t])["'\s]*(?:=|[+\-@][\w.$+\-*/]*[A-Za-z][\w.]*[(!|])""", re.MULTILINE)


def clean_text(data):
    """Return the bytes `data` unchanged. Raises Refused if they aren't text in UTF-8."""
    decode(data)
    return data


def clean_csv(data):
    """Return the bytes `data` unchanged. Raises Refused if they aren't UTF-8, or if a cell is a formula."""
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
