"""Times in Spanish with their time zone; the rest is Django's."""

DATETIME_FORMAT = r"j \d\e F \d\e Y, H:i T"
