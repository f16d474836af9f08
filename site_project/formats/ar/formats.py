"""Times in Arabic with their time zone; the rest is Django's, which has no formats for dates with a time."""

DATETIME_FORMAT = "j F، Y، H:i T"
# A right-to-left mark before each slash, as in Django's SHORT_DATE_FORMAT.
SHORT_DATETIME_FORMAT = "d\u200f/m\u200f/Y H:i T"
