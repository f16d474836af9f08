"""The reasons for which the sanitizer refuses a file. Their numbers are exit statuses of its process.

media/documents.py and media/cleaning.py have the messages for editors.
"""

from enum import IntEnum


class Reason(IntEnum):
    """Why a file is refused. Python itself exits with 1 or 2, so the numbers begin at 10."""

    BROKEN = 10
    LOCKED = 11
    TOO_MUCH = 12
    COMMENTS = 13
    CANNOT_CLEAN = 14
    PICTURE = 15
    LINKED = 16
    FORMULAS = 17
    NOT_UTF8 = 18
    FORM = 19
    MARKS = 20
    PDF_PICTURE = 21
    CSV_FORMULAS = 22
    MOVES = 23
    PIXELS = 24


class Refused(Exception):
    """The file can't be cleaned, for a Reason. `number`: how many pixels it may have, for Reason.PIXELS."""

    def __init__(self, reason, number=0):
        super().__init__(reason.name)
        self.reason, self.number = reason, number
