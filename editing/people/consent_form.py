"""The forms for a consent, and for the next one together with what is not recorded of the person yet."""

import json

from django import forms
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from caching.local_date import today
from editing.people.forms import (
    ABOUT_PERSON,
    KEY_MISSING,
    AddPersonForm,
    RestrictedFieldsMixin,
    RestrictedForm,
    SeenMixin,
)
from safeguarding.encryption import UnreadableText
from safeguarding.models import Consent, Contributor
from safeguarding.policies import is_lead
from safeguarding.scopes import MEANINGS, Channel
from safeguarding.status import counts_as_child

# Fields of a consent. If a new consent differs in one of them from the former one, it is a change. Otherwise
# it is a renewal.
SCOPE = (
    *("given_by", "picture", "voice", "naming", "where", "proceedings", "in_programme"),
    *("final_text", "link_is_safe"),
)
# Fields that the form for the next consent copies from the former one. The other fields are empty. The place
# of the evidence is not copied, because only the page of the restricted fields may show it. Of whether the
# person wants to see the final text, only a yes is copied: it is a promise.
COPIED = ("given_by", "picture", "voice", "naming", "where", "final_text")
TEXTS = ("names", "contact", "safe_contact_note", "protected_words", "ordinary_words")


class ConsentForm(SeenMixin, RestrictedFieldsMixin, WagtailAdminModelForm):
    """Records what a person agrees to from a day on. `contributor`: the person, who may not be stored yet."""

    where = forms.MultipleChoiceField(
        label=_("Where may the story be shown?"),
        help_text=_("What is not ticked stays off. Without “This website”, the story is shown nowhere."),
        choices=[(each, format_lazy("{}: {}", each.label, MEANINGS[each])) for each in Channel],
        widget=forms.CheckboxSelectMultiple,
    )
    proceedings, in_programme = (
        forms.TypedChoiceField(
            label=label,
            choices=[("yes", _("Yes")), ("no", _("No")), ("unknown", _("I don't know"))],
            coerce={"yes": True, "no": False, "unknown": None}.get,
            widget=forms.RadioSelect,
            help_text=_(
                "If yes, the safeguarding team decides on each story. Choose “I don't know” if nobody asked: "
                "the team decides then as well."
            ),
        )
        for label in (
            _("Are legal proceedings under way, or expected?"),
            _("Is the person in one of your programmes at the moment?"),
        )
    )
    final_text = forms.ChoiceField(
        label=_("Does the person want to see the final text?"),
        choices=Consent.FinalText,
        widget=forms.RadioSelect,
        help_text=_("If yes, no version is public before the person has agreed to it."),
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
        fields = ("given_on", *SCOPE, "stop_code", "talked_through", "evidence_held_at", "ends_on")
        widgets = dict.fromkeys(("given_by", "picture", "voice", "naming", "stop_code"), forms.RadioSelect)
        labels = {
            "given_on": _("When did they agree?"),
            "given_by": _("Who agreed?"),
            "picture": _("May pictures show the person?"),
            "voice": _("May the voice of the person be heard in films and recordings?"),
            "naming": _("How may the person be named?"),
            "link_is_safe": _("May a link be sent to the person safely?"),
            "stop_code": _("Is it safe for the person to keep a stop code?"),
            "evidence_held_at": _("Where is the signed form or the recording?"),
        }
        help_texts = {
            "link_is_safe": _("Only if nobody else sees the messages of this person."),
            "stop_code": _(
                "A number that takes down all stories and pictures of the person. Ask who could find it."
            ),
            "evidence_held_at": _(
                "The place, such as a locked cupboard. Nothing is uploaded: paper is safer. If it is where "
                "it was before, leave it empty."
            ),
            "ends_on": _("Leave it empty for the usual time. A shorter one is always possible."),
        }

    def __init__(self, *args, contributor, **kwargs):
        self.former = contributor.latest_consent if contributor.pk else None
        self.seen = str(self.former.pk if self.former else "")
        copied = {name: getattr(self.former, name) for name in COPIED} if self.former else {}
        if copied.get("final_text") != Consent.FinalText.YES:
            copied["final_text"] = None
        # Only an adult who is known to be one surely agreed alone, which is the default of the model.
        given_by = Consent.GivenBy.SELF if contributor.kind == Contributor.Kind.ADULT else None
        kwargs["initial"] = {"given_by": given_by} | copied | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.contributor = contributor

    def clean(self):
        super().clean()
        by_guardian = self.cleaned_data.get("given_by") == Consent.GivenBy.GUARDIAN
        is_child = counts_as_child(self.contributor, self.cleaned_data.get("given_on") or today())
        # The form hides the question about an adult.
        if self.contributor.kind == Contributor.Kind.ADULT and self.has_error("given_by", "required"):
            del self.errors["given_by"]
            self.cleaned_data["given_by"] = Consent.GivenBy.SELF
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


class PersonConsentForm(AddPersonForm):
    """Records the next consent of `instance`, a Contributor. If the user is no lead, it is a proposal.

    A lead, a member of the group Safeguarding, gets what was proposed filled in. The fields of TEXTS are
    empty at first. A lead has them only while nothing is stored in them, so that nothing is overwritten.
    """

    def __init__(self, data=None, *args, instance, for_user, **kwargs):
        self.by_lead = is_lead(for_user)
        # The form shows no encrypted texts, and shows only leads what was agreed to before.
        initial = instance.proposed if self.by_lead else dict.fromkeys(COPIED)
        kwargs["initial"] = initial | dict.fromkeys((*TEXTS, "evidence_held_at"), "")
        super().__init__(data, *args, instance=instance, for_user=for_user, **kwargs)
        self.consent = ConsentForm(data, contributor=instance, initial=kwargs["initial"], for_user=for_user)
        writes = not self.by_lead or not any(getattr(instance, name) for name in (*TEXTS, "proposal"))
        self.seen = self.consent.seen = f"{self.consent.seen} {instance.proposed_at} {writes}"
        kept = {*(() if instance.kind else ABOUT_PERSON), *(TEXTS if writes else ())}
        for name in self.fields.keys() - kept:
            del self.fields[name]
        if self.by_lead and (writes or instance.proposal) and instance.uses.filter(page__live=True).exists():
            self.consent.fields["hold_stories"] = RestrictedForm.base_fields["hold_stories"]

    def clean(self):
        texts = [getattr(self.instance, name) for name in TEXTS]
        is_unreadable = any(isinstance(each, UnreadableText) for each in texts)
        if self.by_lead and self.instance.proposed and is_unreadable:
            raise forms.ValidationError(KEY_MISSING)  # What is stored would be overwritten.
        return super().clean()

    def visible_fields(self):
        return [*super().visible_fields(), *self.consent.visible_fields()]

    @property
    def media(self):
        return super().media + self.consent.media

    def is_valid(self):
        # The person comes first, because the rules of the consent depend on the kind of person. A list, so
        # that both forms are validated and show their errors.
        return all([super().is_valid(), self.consent.is_valid()])

    def save(self, commit=True):
        person, consent = self.instance, self.consent.instance
        if not self.by_lead:
            person.proposal = json.dumps({field.name: field.data for field in self.visible_fields()})
            person.proposed_by, person.proposed_at = self.for_user, timezone.now()
            return person.save(update_fields=["proposal", "proposed_by", "proposed_at"])
        consent.evidence_held_at = consent.evidence_held_at or person.proposed.get("evidence_held_at") or ""
        person.take_over_proposal()
        person.save()
        return self.consent.save()
