"""The form for the next consent of a person, together with what is not recorded of the person yet."""

import json

from django.utils import timezone

from safeguarding.forms import ABOUT_PERSON, COPIED, AddPersonForm, ConsentForm, RestrictedForm
from safeguarding.policies import is_lead

TEXTS = ("names", "contact", "safe_contact_note", "protected_words", "ordinary_words")


class PersonConsentForm(AddPersonForm):
    """Records the next consent of `instance`, a Contributor. If the user is no lead, it is a proposal.

    A lead, a member of the group Safeguarding, gets what was proposed filled in. The fields of TEXTS are
    empty at first. A lead has them only while nothing is stored in them, so that nothing is overwritten.
    """

    def __init__(self, data=None, *args, instance, for_user, **kwargs):
        self.by_lead = is_lead(for_user)
        # Nobody reads encrypted texts here, nor do others than leads read what was agreed to before.
        initial = instance.proposed if self.by_lead else dict.fromkeys(COPIED)
        kwargs["initial"] = initial | dict.fromkeys((*TEXTS, "evidence_held_at"), "")
        super().__init__(data, *args, instance=instance, for_user=for_user, **kwargs)
        self.consent = ConsentForm(data, contributor=instance, initial=kwargs["initial"], for_user=for_user)
        writes = not self.by_lead or not any(getattr(instance, name) for name in (*TEXTS, "proposal"))
        self.seen = self.consent.seen = f"{self.consent.seen} {instance.proposed_at} {writes}"
        kept = {*(() if instance.kind else ABOUT_PERSON), *(TEXTS if writes else ())}
        for name in self.fields.keys() - kept:
            del self.fields[name]
        if self.by_lead and (writes or instance.proposal):
            self.consent.fields["hold_stories"] = RestrictedForm.base_fields["hold_stories"]

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
