"""Patches the admin's CSV exports, so that a spreadsheet runs no cell as a formula."""

import re

from wagtail.admin.views.mixins import SpreadsheetExportMixin

from editing.patches import patch

# Where a formula could begin: before the signs of media/sanitizer/text.py, at the start of a value and after
# each character that some program takes for the end of a cell or line. A value that starts with a tab or the
# end of a line counts too. See OWASP, "CSV Injection".
FORMULA_START = re.compile(
    r"""\A(?=[\t\r\n])|(?:\A|(?<=[\r\n,;|\t]))(?=["'\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])"""
)

# Wagtail's method, which `start` replaces.
PREPROCESS = SpreadsheetExportMixin.preprocess_field_value


def preprocess_field_value(self, field, value, export_format):
    """Replace SpreadsheetExportMixin.preprocess_field_value: put an apostrophe where a formula could begin.

    A spreadsheet takes a cell that begins with an apostrophe for text, and may show the apostrophe. Telephone
    and negative numbers get one too. The check of uploads refuses such a cell all the same, because a program
    can be told that apostrophes are quotation marks, and then removes them.

    Excel files need no change. Only values that begin with "=" are formulas for openpyxl, and Wagtail writes
    these as text.
    """
    value = PREPROCESS(self, field, value, export_format)
    if export_format != self.FORMAT_CSV or value is None:
        return value
    return FORMULA_START.sub("'", str(value))


def start():
    """Patch Wagtail's exports."""
    patch(SpreadsheetExportMixin, "preprocess_field_value", preprocess_field_value)
