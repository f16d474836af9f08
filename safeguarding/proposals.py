"""What somebody who is no lead wrote down of a consent. It counts for nothing until a lead confirms it.

Leads are the members of the group Safeguarding. Its names and protected words, which would give the person
away, are looked for in pages with this person alone.
"""

import json

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from safeguarding.encryption import EncryptedTextField, UnreadableText


class WithProposal(models.Model):
    """A person whose consent can wait to be confirmed. `proposed_at`: None if none waits."""

    proposal = EncryptedTextField(_("consent that waits to be confirmed"), blank=True, editable=False)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def proposed(self):
        """The proposed {name of a field: answer}, as a form has it. It is empty while the key is missing."""
        return json.loads(self.proposal or "{}")

    def delete_texts(self, names):
        """Empty the fields `names`. Without its text, a proposal ends."""
        for name in names:
            setattr(self, name, "")
        self.proposed_at = None if "proposal" in names else self.proposed_at
        self.save(update_fields=[*names, "proposed_at"])

    def take_over_proposal(self):
        """Add the lines of the proposal to the restricted fields, and end it, unless its key is missing.

        Nothing is stored.
        """
        for name in self.RESTRICTED_FIELDS:
            if new := self.proposed.get(name):
                lines = getattr(self, name).splitlines()
                lines += [line for line in new.splitlines() if line not in lines]
                setattr(self, name, "\n".join(lines))
        if not isinstance(self.proposal, UnreadableText):
            self.proposal, self.proposed_at = "", None
