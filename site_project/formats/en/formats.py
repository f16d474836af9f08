"""Dates in English the way most of the world writes them."""

DATE_FORMAT = "j F Y"
# Times are shown with the time zone.
DATETIME_FORMAT = "j F Y, H:i T"
# The month in letters: 3/4/2025 is 3 April in Britain and 4 March in America.
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i T"

# What the admin accepts. Dates such as 3/4/2025 are left out for the same reason.
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d.%m.%Y"]
DATETIME_INPUT_FORMATS = [f"{date} %H:%M{seconds}" for date in DATE_INPUT_FORMATS for seconds in ("", ":%S")]
