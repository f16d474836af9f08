"""Dates in English the way most of the world writes them."""

DATE_FORMAT = "j F Y"
