"""Refuses malformed addresses in the admin's form for redirects. Wagtail 8.0 fails on them."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.redirects.forms import RedirectForm


def validate_address(address):
    """Raise ValidationError if `address` can't be parsed, as `//[`."""
    try:
        urlsplit(address)
    except ValueError:
        raise ValidationError(_("This is not an address.")) from None


# A field is validated before the form's clean(), which parses the address.
RedirectForm.base_fields["old_path"].validators.append(validate_address)
