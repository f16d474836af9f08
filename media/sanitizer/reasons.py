"""The reasons for which the sanitizer refuses a file. Their numbers are exit statuses of its process.

media/documents.py and media/cleaning.py have the messages for editors.
"""

from enum import IntEnum


class Reason(IntEnum):
    """Why a file is refused.

    Python itself exits with 1 or 2, so the numbers begin at 10. Any other exit status counts as TOO_MUCH.
    """

    BROKEN = 10
    LOCKED = 11  # It has a password.
    TOO_MUCH = 12  # It exceeds a limit, or the sanitizer failed.
    COMMENTS = 13  # Comments or tracked changes in Word or Excel.
    CANNOT_CLEAN = 14  # Something that readers see and the allow-list lacks.
    PICTURE = 15  # A picture in Word or Excel that is neither JPEG nor PNG.
    LINKED = 16  # A picture or file outside of the document.
    FORMULAS = 17  # An Excel formula without a stored result.
    NOT_UTF8 = 18
    FORM = 19  # A PDF form, or a signed PDF.
    MARKS = 20  # Annotations in a PDF.
    PDF_PICTURE = 21  # A picture in a PDF that can't be cleaned.
    CSV_FORMULAS = 22
    MOVES = 23  # An animation.
    PIXELS = 24  # A picture with too many pixels.


class Refused(Exception):
    """The file can't be cleaned, for a Reason. `number`: how many pixels it may have, for Reason.PIXELS."""

    def __init__(self, reason, number=0):
        super().__init__(reason.name)
        self.reason, self.number = reason, number
