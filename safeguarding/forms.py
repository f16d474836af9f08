"""The forms for people in stories, their consents, and their restricted fields, such as names and contact."""

import json

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminAutoHeightTextInput

from caching.local_date import today
from safeguarding.encryption import EncryptedTextField, UnreadableText, has_keys
from safeguarding.models import Consent, Contributor, RestrictedView
from safeguarding.scopes import Channel
from safeguarding.status import counts_as_child

# The widget that Wagtail gives to a TextField, but not to its subclasses.
register_form_field_override(EncryptedTextField, override={"widget": AdminAutoHeightTextInput})

KEY_MISSING = _(
    "The key for this field is missing, so it can't be shown or filled in. What is stored in it stays. "
    "Everything else works. Ask whoever runs the site for SAFEGUARDING_KEYS."
)
RESTRICTED_HELP = {
    "names": _(
        "Also other names, one a line. This is encrypted, and shown only to the safeguarding team, with a "
        "reason."
    ),
    "contact": _("Or that of somebody who knows them."),
    "safe_contact_note": _("When, in which way, and what must never happen: no text messages, for example."),
}
# The most characters of a text that is encrypted: the leak check compares each page with all words in it.
LONGEST = 5000
ABOUT_PERSON = ("kind", "role", "adult_on", "has_children")
# Fields of a consent. If a new consent differs in one of them from the former one, it is a change. Otherwise
# it is a renewal.
SCOPE = ("given_by", "picture", "naming", "where", "proceedings", "in_programme")
# Fields that the form for the next consent copies from the former one. The other fields are empty. The place
# of the evidence is not copied, because only the page of the restricted fields may show it.
COPIED = ("given_by", "picture", "naming", "where")


class RestrictedFieldsMixin:
    """Disables the encrypted fields that can't be read or stored. Their texts stay unchanged."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.encrypted_fields():
            field = self.fields[name]
            field.widget.attrs["autocomplete"] = "off"
            field.validators.append(MaxLengthValidator(LONGEST))
            if not has_keys() or isinstance(getattr(self.instance, name), UnreadableText):
                field.disabled, field.help_text = True, KEY_MISSING

    def encrypted_fields(self):
        """Return the names of the form's encrypted fields."""
        fields = self._meta.model._meta.fields
        return [
            each.name for each in fields if isinstance(each, EncryptedTextField) and each.name in self.fields
        ]

    def clean(self):
        super().clean()
        # Only the fields in `cleaned_data` are written to the instance.
        for name in self.encrypted_fields():
            if self.fields[name].disabled:
                self.cleaned_data.pop(name, None)
        return self.cleaned_data


class SeenMixin:
    """Stores nothing yet if what is stored has changed since the form was opened, and only its own fields.

    So a form that was opened before a withdrawal, or before "Take down now", doesn't undo it. `seen`: what
    identifies the stored state. A template sends it with the form.
    """

    def hash_of_fields(self, *more):
        """Return a hash of what the fields of the form have stored, and of `more`. "" for a new instance."""
        if not self.instance.pk:
            return ""
        texts = [str(each) for each in (*(getattr(self.instance, name) for name in self._meta.fields), *more)]
        return salted_hmac(__name__, json.dumps(texts), algorithm="sha256").hexdigest()

    def clean(self):
        super().clean()
        if self.data.get("seen", self.seen) != self.seen:
            raise forms.ValidationError(
                _(
                    "What is stored has changed since you opened this form, so nothing was stored now. Open "
                    "the page again in another tab to see the change. If you still send this form, it "
                    "replaces what is stored."
                )
            )
        return self.cleaned_data

    def save(self, commit=True):
        if self.instance.pk and commit:
            self.instance.save(update_fields=self.cleaned_data.keys() & {*self._meta.fields})
            return self.instance
        return super().save(commit)


class PersonForm(SeenMixin, WagtailAdminModelForm):
    class Meta(WagtailAdminModelForm.Meta):
        model = Contributor
        fields = (*ABOUT_PERSON, "keep_until")
        widgets = dict.fromkeys(("kind", "role", "has_children"), forms.RadioSelect)
        labels = {"adult_on": _("Day on which they turn 18")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = self.hash_of_fields()
        # Without the empty choice, which would be preselected.
        self.fields["kind"].choices = Contributor.Kind.choices
        self.fields["has_children"].choices = Contributor._meta.get_field("has_children").choices

    def clean(self):
        super().clean()
        if "kind" not in self.fields:
            return self.cleaned_data
        kind, has_children = self.cleaned_data.get("kind"), self.cleaned_data.get("has_children")
        self.cleaned_data["has_children"] = has_children if kind == Contributor.Kind.GROUP else None
        if kind == Contributor.Kind.GROUP and has_children is None:
            text = _("Say whether there are children in the group. If you don't know, say yes.")
            self.add_error("has_children", text)
        is_child = kind == Contributor.Kind.CHILD
        if is_child and not self.cleaned_data.get("adult_on") and "adult_on" not in self.errors:
            text = _(
                "Say when the child will be 18. If you don't know the day, take the latest that it could be."
            )
            self.add_error("adult_on", text)
        return self.cleaned_data


class AddPersonForm(RestrictedFieldsMixin, PersonForm):
    """Adds a person. A consent can be recorded afterwards."""

    class Meta(PersonForm.Meta):
        fields = (*ABOUT_PERSON, *Contributor.RESTRICTED_FIELDS)
        help_texts = RESTRICTED_HELP


class ConsentForm(SeenMixin, RestrictedFieldsMixin, WagtailAdminModelForm):
    """Records what a person agrees to from a day on. `contributor`: the person, who may not be stored yet."""

    where = forms.MultipleChoiceField(
        label=_("Where may it be shown?"), choices=Channel, widget=forms.CheckboxSelectMultiple
    )
    proceedings, in_programme = (
        forms.TypedChoiceField(
            label=label,
            choices=[("yes", _("Yes")), ("no", _("No")), ("unknown", _("I don't know"))],
            coerce={"yes": True, "no": False, "unknown": None}.get,
            widget=forms.RadioSelect,
            help_text=_(
                "If yes, the safeguarding team decides on each story. Choose “I don't know” if nobody asked: "
                "then it decides too."
            ),
        )
        for label in (
            _("Are legal proceedings under way, or expected?"),
            _("Is the person in one of your programmes at the moment?"),
        )
    )
    talked_through = forms.MultipleChoiceField(
        label=_("How was it talked through?"),
        choices=[
            (name, capfirst(Consent._meta.get_field(name).verbose_name)) for name in Consent.TALKED_THROUGH
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = Consent
        fields = ("given_on", *SCOPE, "talked_through", "evidence_held_at", "ends_on")
        widgets = dict.fromkeys(("given_by", "picture", "naming"), forms.RadioSelect)
        labels = {
            "given_on": _("When did they agree?"),
            "given_by": _("Who agreed?"),
            "picture": _("May pictures show the person?"),
            "naming": _("How may the person be named?"),
            "evidence_held_at": _("Where is the signed form or the recording?"),
        }
        help_texts = {
            "evidence_held_at": _(
                "The place, such as a locked cupboard. Nothing is uploaded: paper is safer. If it is where it "
                "was before, leave it empty."
            ),
            "ends_on": _("Leave it empty for the usual time. A shorter one is always possible."),
        }

    def __init__(self, *args, contributor, **kwargs):
        self.former = contributor.latest_consent if contributor.pk else None
        self.seen = str(self.former.pk if self.former else "")
        copied = {name: getattr(self.former, name) for name in COPIED} if self.former else {}
        # Instead of the default of the model, that the person agreed.
        kwargs["initial"] = {"given_by": None} | copied | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.contributor = contributor

    def clean(self):
        super().clean()
        by_guardian = self.cleaned_data.get("given_by") == Consent.GivenBy.GUARDIAN
        is_child = counts_as_child(self.contributor, self.cleaned_data.get("given_on") or today())
        if is_child and "given_by" in self.cleaned_data and not by_guardian:
            self.add_error("given_by", _("A child can agree only together with a guardian."))
        if by_guardian and not is_child:
            self.add_error("given_by", _("A guardian agrees for a child only. Ask the adult."))
        return self.cleaned_data

    def save(self, commit=True):
        """Store the consent. If there is a former one, the new one is a renewal of it or a change."""
        consent, before = self.instance, self.former
        consent.contributor, consent.recorded_by = self.contributor, self.for_user
        for name in Consent.TALKED_THROUGH:
            setattr(consent, name, name in self.cleaned_data["talked_through"])
        if before and before.event != Consent.Event.WITHDRAWN:
            is_same = all(getattr(before, name) == getattr(consent, name) for name in SCOPE)
            consent.event = Consent.Event.RENEWED if is_same else Consent.Event.CHANGED
        return super().save(commit)


class RestrictedForm(SeenMixin, RestrictedFieldsMixin, WagtailAdminModelForm):
    hold_stories = forms.BooleanField(label=_("Hold the stories that say it"), required=False, initial=True)

    class Meta(WagtailAdminModelForm.Meta):
        model = Contributor
        fields = Contributor.RESTRICTED_FIELDS
        help_texts = RESTRICTED_HELP

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A withdrawal counts as a change, because the scheduler then looks for the names in all texts, and
        # deletes them afterwards. A form that was opened before must not store others unnoticed.
        self.seen = self.hash_of_fields(self.instance.has_withdrawn)


class ReasonForm(forms.Form):
    """Asks why somebody looks at the restricted fields."""

    # Without FOUND, the last one: a search gives this reason by itself.
    reasons = RestrictedView.Reason.choices[:-1]
    reason = forms.ChoiceField(
        label=_("Why do you need to see this?"), choices=reasons, widget=forms.RadioSelect
    )
