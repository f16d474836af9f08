"""Dates with times in Spanish, with the time zone and a comma; the rest is Django's."""

DATETIME_FORMAT = r"j \d\e F \d\e Y, H:i T"
SHORT_DATETIME_FORMAT = "d/m/Y H:i T"
