"""Patches the admin's CSV exports, so that a spreadsheet runs no cell as a formula."""

from wagtail.admin.views.mixins import SpreadsheetExportMixin

from editing.patches import patch

# Characters with which a formula begins.
FORMULA_CHARACTERS = ("=", "+", "-", "@", "\t", "\r")

# Wagtail's method, which `start` replaces.
PREPROCESS = SpreadsheetExportMixin.preprocess_field_value


def preprocess_field_value(self, field, value, export_format):
    """Replace SpreadsheetExportMixin.preprocess_field_value: put an apostrophe before a formula.

    A spreadsheet shows a value that begins with an apostrophe as text. Excel files need no change, because
    Wagtail writes their values as text.
    """
    value = PREPROCESS(self, field, value, export_format)
    is_formula = export_format == self.FORMAT_CSV and str(value).startswith(FORMULA_CHARACTERS)
    return f"'{value}" if is_formula else value


def start():
    """Patch Wagtail's exports."""
    patch(SpreadsheetExportMixin, "preprocess_field_value", preprocess_field_value)
