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
    CANNOT_CLEAN = 13  # Something that readers see and the allow-list lacks.
    NOT_UTF8 = 14
    FORM = 15  # A PDF form, or a signed PDF.
    MARKS = 16  # Annotations in a PDF.
    PDF_PICTURE = 17  # A picture in a PDF that can't be cleaned.
    CSV_FORMULAS = 18
    MOVES = 19  # An animation.
    PIXELS = 20  # A picture with too many pixels.


class Refused(Exception):
    """The file can't be cleaned, for a Reason. `number`: how many pixels it may have, for Reason.PIXELS."""

    def __init__(self, reason, number=0):
        super().__init__(reason.name)
        self.reason, self.number = reason, number
