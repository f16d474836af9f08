"""The forms for people in stories, their restricted fields, such as names and contact, and decisions."""

import json

from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminAutoHeightTextInput

from caching.local_date import today
from safeguarding.encryption import EncryptedTextField, UnreadableText, has_keys
from safeguarding.models import Contributor, Decision, Reading, RestrictedView
from safeguarding.status import add_months, usual_months
from safeguarding.writers import has_written, read_saves

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
# {ground of a decision: the field of a consent whose answer makes it unnecessary}.
ANSWERS = {Decision.Ground.PROCEEDINGS: "proceedings", Decision.Ground.PROGRAMME: "in_programme"}
ABOUT_PERSON = ("kind", "role", "adult_on", "has_children")


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
        fields = [each for each in self._meta.model._meta.fields if each.name in self.fields]
        return [each.name for each in fields if isinstance(each, EncryptedTextField)]

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


class BringBackForm(SeenMixin, RestrictedFieldsMixin, WagtailAdminModelForm):
    """Asks what the person said. It brings nobody back who sent the stop code since it was opened."""

    class Meta(WagtailAdminModelForm.Meta):
        model = Contributor
        fields = ("back_note",)
        labels = {"back_note": _("What did the person say when you spoke with them?")}
        help_texts = {"back_note": _("Only the safeguarding team can read this.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Characters that nobody sees are no note.
        self.fields["back_note"].validators.append(RegexValidator(r"\w"))
        stopped_at = hasattr(self.instance, "stop_code") and self.instance.stop_code.used_at
        self.seen = self.hash_of_fields(self.instance.held_since, stopped_at)


class DecisionForm(RestrictedFieldsMixin, WagtailAdminModelForm):
    """Records decisions about the version that the lead has read, with the same reason and last day.

    A value of the field `question` is "primary key of the person:ground".
    """

    question = forms.MultipleChoiceField(label=_("What do you decide?"), widget=forms.CheckboxSelectMultiple)
    has_read = forms.BooleanField(label=_("I have read this version of the story"))

    class Meta:
        model = Decision
        fields = ("reason", "ends_on")
        labels = {"reason": _("Why may it be published?"), "ends_on": _("Until when?")}
        help_texts = {"reason": _("Only the safeguarding team can read this.")}

    field_order = ("has_read", "question", "reason", "ends_on")

    def __init__(self, *args, version, **kwargs):
        super().__init__(*args, **kwargs)
        choices, last_days = [], []
        self.own = []  # the labels of the questions about which the user may not decide
        self.unanswered = set()  # the people whose consent has no answer that one of these is about
        # What each second reader of this version answered last. A yes of one overcomes no no of another.
        readings = Reading.objects.filter(second_reader__page=version.page.pk, digest=version.report.digest)
        readings = readings.exclude(agrees=None).select_related("second_reader").order_by("answered_at")
        said = {each.second_reader.contact.lower() or each.pk: each.agrees for each in readings}
        is_read = said and all(said.values())
        # Without questions, the versions are not read.
        saves = read_saves(version.page, version.revision) if version.questions else []
        for person, ground in version.questions:
            label = f"{person.code}: {ground.label}"
            earlier = Decision.objects.filter(contributor=person, ground=ground)
            # If it is unknown which version this is, none comes before it.
            earlier = earlier.filter(revision__isnull=version.revision is None)
            question = f"{person.pk}:{ground}"
            if not is_read and has_written(self.for_user, version.page, saves, earlier, question):
                self.own.append(label)
                if getattr(person.latest_consent, ANSWERS.get(ground, ""), True) is None:
                    self.unanswered.add(person)
            else:
                choices.append((question, label))
                days = [person.last_day, add_months(today(), usual_months(person, today()))]
                last_days.append(next(each for each in days if each and each >= today()))
        self.fields["question"].choices = choices
        # Usually, a missing consent is recorded instead.
        keys = [key for key, _label in choices if not key.endswith(f":{Decision.Ground.OTHER}")]
        self.initial["question"] = keys if len(choices) == 1 else None
        self.initial["ends_on"] = min(last_days, default=None)

    def clean_ends_on(self):
        if self.cleaned_data["ends_on"] < today():
            raise forms.ValidationError(_("This day is over."))
        return self.cleaned_data["ends_on"]

    @property
    def decisions(self):
        """The Decisions that the valid form records, one for each question."""
        questions = [each.split(":") for each in self.cleaned_data["question"]]
        fields = {"reason": self.instance.reason, "ends_on": self.instance.ends_on}
        return [Decision(contributor_id=int(key), ground=ground, **fields) for key, ground in questions]


class ReasonForm(forms.Form):
    """Asks why somebody looks at the restricted fields."""

    # Without FOUND, the last one: a search gives this reason by itself.
    reasons = RestrictedView.Reason.choices[:-1]
    reason = forms.ChoiceField(
        label=_("Why do you need to see this?"), choices=reasons, widget=forms.RadioSelect
    )
