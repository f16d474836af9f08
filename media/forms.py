"""The base forms for pictures and documents in the admin, with fields that clean the file.

They refuse a change that readers would see without a moderator (media/shown_files.py), and a picture that was
erased in a withdrawal.

The settings WAGTAILIMAGES_IMAGE_FORM_BASE and WAGTAILDOCS_DOCUMENT_FORM_BASE name them.
"""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.utils.file import hash_filelike

from media.access import FILE_PERMISSIONS, is_used_for_readers
from media.fields import DocumentFormField, PictureFormField
from media.models import FOCAL_POINT, CleanImage
from media.shown_files import REFUSED, loses_restriction, may_change_what_readers_see
from safeguarding.models import Contributor
from safeguarding.policies import code_and_label, labels_for, people_in
from safeguarding.releases import lock
from safeguarding.withdrawal.addresses import is_erased_picture

ERASED = _(
    "This picture was removed from the site for good, and can't come back. "
    "If you think that this is a mistake, ask the safeguarding team."
)
CHANGED = _("This picture has changed since you opened it. Please open it again.")


class ShownFileMixin:
    """Refuses changes to what readers see of a file by a user who may publish nothing.

    `file_field`: the class of the field that cleans the file. `file_help`: its help text.
    """

    file_help = ""

    # The fields of pictures and documents that readers see. Pages have their own copies of alternative texts.
    shown_fields = {"file", "credit", "shows", "people", "is_recognisable", *FOCAL_POINT}

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.user = user
        if field := self.fields.get("file"):  # Some of Wagtail's forms have none.
            options = {"label": field.label, "required": field.required, "widget": field.widget}
            self.fields["file"] = self.file_field(help_text=self.file_help, **options)
        # Wagtail's forms delete this file when it is replaced: that of a document before the row is saved.
        # Our models do so after the row is saved.
        self.original_file = None

    def clean(self):
        cleaned = super().clean()
        changed = self.shown_fields.intersection(self.changed_data)
        collection = cleaned.get("collection")
        if self.instance.pk and collection and loses_restriction(self.instance, collection):
            changed.add("collection")
        is_checked = changed and self.user and self.instance.pk
        if is_checked and not self.may_change(changed):
            # The focal point is in hidden fields, whose errors are not shown. None stands for the whole form.
            for name in {None if name in FOCAL_POINT else name for name in changed}:
                self.add_error(name, REFUSED)
        return cleaned

    def may_change(self, changed):
        """Return whether the user may change the fields `changed`, which readers see."""
        return may_change_what_readers_see(self.user, self.instance)

    def save(self, commit=True):
        """Save the file. Raises Http404 if it was deleted meanwhile."""
        try:
            return super().save(commit=commit)
        except self.instance.NotUpdated:
            raise Http404 from None


class CreditInput(forms.TextInput):
    """Offers `credit` in a list, and does not fill it in: a name that nobody chose could go public."""

    def __init__(self, credit, attrs):
        super().__init__(attrs)
        self.credit = credit

    def render(self, name, value, attrs=None, renderer=None):
        key = f"{name}-offered"
        field = super().render(name, value, (attrs or {}) | {"list": key}, renderer)
        return format_html('{}<datalist id="{}"><option value="{}"></datalist>', field, key, self.credit)


def offer_last_credit(field, user):
    """Offer in `field` the credit of the newest picture that `user` has uploaded and may still choose."""
    policy = policy_registry.get_by_type(CleanImage)
    images = policy.instances_user_has_any_permission_for(user, FILE_PERMISSIONS)
    newest = images.filter(uploaded_by_user=user).order_by("-pk").values_list("credit", flat=True).first()
    if newest:
        field.widget = CreditInput(newest, field.widget.attrs)


def what_is_said_of(image):
    """Return a hash of the name of the file of `image`, its texts, and all that is said of whom it shows."""
    people = sorted(image.people.values_list("pk", flat=True))
    names = ("title", "description", "credit", "shows", "is_recognisable", "asks_again")
    tags = sorted(image.tags.names())
    said = [image.file.name, *(getattr(image, name) for name in names), people, tags]
    return salted_hmac(__name__, json.dumps(said), algorithm="sha256").hexdigest()


class PictureForm(ShownFileMixin, BaseImageForm):
    file_field = PictureFormField
    # What was said of the picture when the user opened the form.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = what_is_said_of(self.instance)
        else:
            del self.fields["seen"]
        if shows := self.fields.get("shows"):
            shows.widget = forms.RadioSelect()
            shows.choices = CleanImage.Shows.choices
        if self.user and not self.instance.pk and "credit" in self.fields:
            offer_last_credit(self.fields["credit"], self.user)
        if people := self.fields.get("people"):
            self.offer_people(people)

    def offer_people(self, field):
        """Offer those in the pages with the picture first, and show the labels that the user may see."""
        field.widget = forms.CheckboxSelectMultiple()
        field.widget.template_name = "media/people.html"
        first = people_in(Page.objects.filter(pk__in=self.instance.get_pages()))
        people = sorted(Contributor.by_code(), key=lambda person: person.pk not in first)
        labels = labels_for(self.user) if self.user else {}
        field.choices = [(each.pk, code_and_label(each, labels.get(each.pk))) for each in people]

    def may_change(self, changed):
        """Also allow to add people to a picture that waits with its page, and that no reader sees."""
        people = set(self.cleaned_data.get("people", ()))
        adds = changed <= {"people"} and people >= set(self.instance.people.all())
        is_seen = is_used_for_readers(Page.objects.live(), self.instance)
        return super().may_change(changed) or (adds and not is_seen)

    def clean_seen(self):
        # Otherwise the form would undo what changed meanwhile: take somebody off the picture again, so that
        # it is shown, or bring a name back that was erased in a withdrawal.
        if self.cleaned_data["seen"] and "seen" in self.changed_data:
            self.add_error(None, CHANGED)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if "file" in self.changed_data and is_erased_picture(hash_filelike(file)):
            raise ValidationError(ERASED)
        return file

    def save(self, commit=True):
        may_answer = self.user is None or may_change_what_readers_see(self.user, self.instance)
        if "people" in self.fields and "file" not in self.changed_data and may_answer:
            # If it was unknown who is on the picture, saving the form says that the people in the form are.
            self.instance.asks_again = False
        with transaction.atomic():
            # Before anything is saved.
            people = {person.pk for person in self.cleaned_data.get("people", ())}
            if self.instance.pk:
                self.instance.lock_people(people)
            else:
                lock(people)
            return super().save(commit=commit)


class DocumentForm(ShownFileMixin, BaseDocumentForm):
    file_field = DocumentFormField
    file_help = _(
        "PDF, CSV or text. Look first for names, places and dates, also in headers, in white text, under "
        "black boxes, in cropped pictures and in comments. Delete them: what is only covered can be copied."
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Wagtail would copy the name of the file, which can name a person, into the title.
        if file := self.fields.get("file"):
            file.widget.attrs.pop("data-controller", None)
