"""Times in French with their time zone; the rest is Django's."""

DATETIME_FORMAT = "j F Y H:i T"
SHORT_DATETIME_FORMAT = "d/m/Y H:i T"
