"""Patches the admin's CSV exports, so that a spreadsheet runs no cell as a formula and reads the dates."""

from datetime import datetime

from django.utils.timezone import template_localtime

from media.sanitizer.text import escape_formulas


def preprocess_field_value(self, field, value, export_format):
    """Replace SpreadsheetExportMixin.preprocess_field_value: put an apostrophe where a formula could begin.

    A time gets the time zone of the user, and no microseconds, which a spreadsheet does not read as a time.
    Excel files need no change. Only values that begin with "=" are formulas for openpyxl, and Wagtail writes
    these as text.
    """
    value = preprocess_field_value.original(self, field, value, export_format)
    if export_format != self.FORMAT_CSV or value is None:
        return value
    if isinstance(value, datetime):
        return f"{template_localtime(value):%Y-%m-%d %H:%M}"
    return escape_formulas(str(value))
