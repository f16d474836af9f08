"""Takes documents in: the sanitizer cleans each in a process of its own, within limits of memory and time.

What can't be cleaned is refused, with words that say how to save a clean copy.
"""

import subprocess
import sys
import tempfile
import threading
from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from media.cleaning import is_sealed, read_bounded, sealed
from media.sanitizer import limits
from media.sanitizer.reasons import Reason

SUFFIXES = {".csv", ".docx", ".pdf", ".txt", ".xlsx"}
# One file at a time in each worker, so that several uploads don't add up their memory. Seconds to wait.
TURN = threading.Lock()
LONGEST_WAIT = 20

WORDS = {
    Reason.BROKEN: gettext_lazy(
        "This can't be read as %(kind)s. It may be damaged: save it anew and try again."
    ),
    Reason.LOCKED: gettext_lazy(
        "This file is locked with a password. Save a copy without one, and use that."
    ),
    Reason.TOO_MUCH: gettext_lazy(
        "This file holds too much to be cleaned. Save it in several smaller files, or print it to a new PDF."
    ),
    Reason.COMMENTS: gettext_lazy(
        "This document has comments or tracked changes, which tell who said and deleted what. "
        "Accept all changes, delete all comments, save it, and use that."
    ),
    Reason.CANNOT_CLEAN: gettext_lazy(
        "This document holds something that can't be cleaned, such as a chart, an equation or another file. "
        "Save it as PDF, and use that."
    ),
    Reason.PICTURE: gettext_lazy(
        "This document has a picture that is neither JPEG nor PNG. Save the document as PDF, and use that."
    ),
    Reason.LINKED: gettext_lazy(
        "This document shows a picture that is outside of it, in another file or on the web. "
        "Save it as PDF, and use that."
    ),
    Reason.FORMULAS: gettext_lazy(
        "This file has formulas without their results. "
        "Open it in Excel or LibreOffice, save it, and use that."
    ),
    Reason.NOT_UTF8: gettext_lazy(
        "This is no text in UTF-8. Save it as “CSV UTF-8” or as text in UTF-8, and use that."
    ),
    Reason.FORM: gettext_lazy(
        "This PDF is signed, or a form to fill in. Print it to a new PDF, and use that."
    ),
    Reason.MARKS: gettext_lazy(
        "This PDF has notes, marks or attached files on its pages, which tell who made them. "
        "Delete them or print it to a new PDF, and use that."
    ),
    Reason.PDF_PICTURE: gettext_lazy(
        "This PDF has a picture that can't be cleaned. Print it to a new PDF, and use that."
    ),
    Reason.CSV_FORMULAS: gettext_lazy(
        "This file has cells that a spreadsheet would run as formulas: they begin with =, +, - or @. "
        "Save the values only, and use that."
    ),
}


def clean_document(file, name):
    """Return the document in `file`, an open file that is called `name`, as a clean ContentFile.

    Raises ValidationError, in an editor's words, when its kind can't be cleaned, when it isn't what
    its name says, when it is locked, when it takes more memory or time than limits.py allows, or when it
    holds what must not be published.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValidationError(
            _(
                "Files of this kind can't be cleaned of the names and dates in them. "
                "Save it as PDF, Word (.docx) or Excel (.xlsx), and use that."
            )
        )
    data = read_bounded(file, settings.WAGTAILDOCS_MAX_UPLOAD_SIZE)
    if is_sealed(data, name):
        return ContentFile(data, name=PurePath(name).name)
    if not TURN.acquire(timeout=LONGEST_WAIT):
        raise busy()
    try:
        return sealed(sanitize(data, suffix[1:]), suffix)
    finally:
        TURN.release()


def sanitize(data, kind):
    """Return `data` as media.sanitizer cleans it in a new process. Raises ValidationError.

    The process gets no environment, so no secret, and no file but the two here.
    """
    with tempfile.TemporaryFile() as output:
        try:
            status = subprocess.run(  # noqa: S603 - its own code, and one of SUFFIXES
                [sys.executable, "-B", "-m", "media.sanitizer", kind],
                input=data,
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd=settings.BASE_DIR,
                env={},
                timeout=limits.SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            status = Reason.TOO_MUCH
        except OSError as error:  # the system has no room for another process
            raise busy() from error
        if status == 0:
            output.seek(0)
            return output.read()
    # The system ended it (a negative status), mostly for its limits, or Python did not get to its end.
    reason = Reason(status) if status in Reason else Reason.TOO_MUCH
    raise ValidationError(WORDS[reason] % {"kind": kind.upper()})


def busy():
    return ValidationError(_("Other files are being cleaned at the moment. Try again in a minute."))
