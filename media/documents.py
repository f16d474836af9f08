"""Cleans uploaded documents with media.sanitizer.

A document that can't be cleaned is refused, with a message that says how to save a clean copy.
"""

from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from media.cleaning import CleanFile, read_bounded
from media.process import sanitize
from media.sanitizer.reasons import Reason, Refused

# The kinds of documents that media/sanitizer/__main__.py cleans, as in WAGTAILDOCS_EXTENSIONS.
SUFFIXES = {".csv", ".pdf", ".txt"}

# {Reason why a document is refused: message for editors}. `kind`: the suffix in capitals.
MESSAGES = {
    Reason.BROKEN: _("This can't be read as %(kind)s. It may be damaged: save it anew and try again."),
    Reason.LOCKED: _("This file is locked with a password. Save a copy without one, and use that."),
    Reason.TOO_MUCH: _(
        "This file holds too much to be cleaned. Save it in several smaller files, or print it to a new PDF."
    ),
    Reason.CANNOT_CLEAN: _(
        "This document holds something that can't be cleaned. Print it to a new PDF, and use that."
    ),
    Reason.NOT_UTF8: _("This is no text in UTF-8. Save it as “CSV UTF-8” or as text in UTF-8, and use that."),
    Reason.FORM: _("This PDF is signed, or a form to fill in. Print it to a new PDF, and use that."),
    Reason.MARKS: _(
        "This PDF has notes, marks or attached files on its pages, which tell who made them. "
        "Delete them or print it to a new PDF, and use that."
    ),
    Reason.PDF_PICTURE: _(
        "This PDF has a picture that can't be cleaned. Print it to a new PDF, and use that."
    ),
    Reason.CSV_FORMULAS: _(
        "This file has cells that a spreadsheet would run as formulas: they begin with =, +, - or @. "
        "Save the values only, and use that."
    ),
}


def clean_document(file):
    """Return the document in the open file `file` as a CleanFile without metadata.

    Raises ValidationError, with a message for editors, if the document is of a kind that can't be cleaned,
    isn't of the kind that the suffix of its name says, has a password, takes more memory or time than
    media/sanitizer/limits.py allows, or has something that must not be published, such as comments.
    """
    suffix = PurePath(file.name).suffix.lower()
    if suffix not in SUFFIXES:
        text = _(
            "Files of this kind can't be cleaned of the names and dates in them. "
            "Save it as PDF (in Word: File → Export), and use that."
        )
        raise ValidationError(text)
    data = read_bounded(file, settings.WAGTAILDOCS_MAX_UPLOAD_SIZE)
    try:
        return CleanFile(sanitize(data, suffix[1:]), suffix)
    except Refused as refused:
        message = MESSAGES[refused.reason] % {"kind": suffix[1:].upper()}
        raise ValidationError(message) from None
