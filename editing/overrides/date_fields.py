"""Error messages of date fields in the admin: for a date that can't be read, and for a mistyped year.

The accepted formats depend on the user's language. For English, see site_project/formats/en/formats.py.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

from stories.filters import FIRST_YEAR, LAST_YEAR

# {model field: (its widget in Wagtail's admin, the error for a value that can't be read)}.
FIELDS = {
    models.DateField: (
        AdminDateInput,
        _("This date can't be read. Write it as 2025-03-04 or as 4 March 2025."),
    ),
    models.DateTimeField: (
        AdminDateTimeInput,
        _("This date and time can't be read. Write them as 2025-03-04 16:30."),
    ),
}


def check_year(value):
    """Refuse `value`, a date or datetime, if its year is mistyped.

    Readers can't filter by such a year, and Python can't convert the first and the last days that it knows,
    in the years 1 and 9999, to every time zone.
    """
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValidationError(_("Choose a year between %(first)d and %(last)d."), params=years)


for field_class, (widget, error) in FIELDS.items():
    override = {"widget": widget, "error_messages": {"invalid": error}, "validators": [check_year]}
    register_form_field_override(field_class, override=override)
