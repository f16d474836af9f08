"""Makes the forms of the admin bring no text back that was changed since they were opened.

A withdrawal takes names out of texts, and editors do so by hand. A form that was opened before still has
them.
"""

import json
from functools import partial

from django import forms
from django.utils.crypto import salted_hmac

from publishing.forms import CHANGED
from safeguarding.leak_check.sources import source_of


def get_form(self, form_class=None):
    """Replace EditView.get_form: add the field "seen" to forms with texts that the leak check reads.

    It has a hash of what was stored when the form was opened. The form of a picture has such a field already,
    for its other views too. Pages have another view: see CheckedPageForm.
    """
    form = get_form.original(self, form_class)
    if source_of(type(form.instance)).is_shown and "seen" not in form.fields:
        stored = json.dumps(form.initial, default=str)
        form.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        form.initial["seen"] = salted_hmac(__name__, stored, algorithm="sha256").hexdigest()
        form.clean_seen = partial(clean_seen, form)
    return form


def clean_seen(form):
    """Add an error to the form if what is stored has changed. Errors of hidden fields are not shown.

    A request without the field is not checked: the check is for forms that were left open.
    """
    if form.cleaned_data["seen"] and "seen" in form.changed_data:
        form.add_error(None, CHANGED)
