"""Replaces the error for a typed date that the admin can't read with one that has an example.

The accepted formats depend on the user's language. For English, see site_project/formats/en/formats.py.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

EXAMPLES = {
    models.DateField: (
        AdminDateInput,
        _("This date can't be read. Write it as 2025-03-04 or as 4 March 2025."),
    ),
    models.DateTimeField: (
        AdminDateTimeInput,
        _("This date and time can't be read. Write them as 2025-03-04 16:30."),
    ),
}


def start():
    """Register the errors, with the widgets that Wagtail registers for these fields."""
    for field_class, (widget, error) in EXAMPLES.items():
        override = {"widget": widget, "error_messages": {"invalid": error}}
        register_form_field_override(field_class, override=override)
