"""Models for withdrawals: the withdrawals, their tasks, digests of what was erased, and the ledger's state.

The ledger is a file outside of the database with all withdrawals: safeguarding/withdrawal/ledger.py. The
models contain no address and no title, and names only in encrypted fields.
"""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from safeguarding.encryption import EncryptedTextField


class Choice(models.TextChoices):
    """What a person takes back. With `CORRECTION` it is nothing: a wrong or unsafe name is removed."""

    EVERYTHING = "everything", _("Everything")
    PICTURES = "pictures", _("The pictures")
    NAME = "name", _("The real name")
    CORRECTION = "correction", _("A name is corrected")


class Withdrawal(models.Model):
    """A withdrawal that a lead (a member of the group Safeguarding) confirmed, or that was carried out again.

    The ledger brings withdrawals back after a restore.

    `counts`: {name of a Place: number of rows that were erased there}. The key "<name> left" has the number
    of those that were found and not erased, and "again" says that it was carried out again. `old_name`: for a
    correction, the name that has to go. It is kept until no page waits to be published without it.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contributor = models.ForeignKey(
        "safeguarding.Contributor", null=True, on_delete=models.SET_NULL, related_name="withdrawals"
    )
    # The code of the person. It stays when the person is deleted.
    code = models.CharField(max_length=10)
    choice = models.CharField(max_length=10, choices=Choice)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)
    old_name = EncryptedTextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.code}: {self.get_choice_display()}"


class WithdrawalTask(models.Model):
    """Work that follows the database transaction of a withdrawal: see safeguarding/withdrawal/tasks.py.

    `data`: the arguments of the step. It is emptied when the task is done.
    """

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.CASCADE, related_name="tasks")
    step = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    # The number of failed attempts, and the class of the last error.
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self):
        return f"{self.withdrawal}: {self.step}"


class Fingerprint(models.Model):
    """A digest of the path or of the translation key of an erased page, or of the hash of an erased picture.

    A digest of the kind `FORMER` is of an earlier path of a page that still exists. One of the kind `STORY`,
    of a translation key, identifies a page in an older backup: there, a path can be that of another page.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address"
        FORMER = "former"
        PICTURE = "picture"
        STORY = "story"

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.CASCADE, related_name="fingerprints")
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.CharField(max_length=64, db_index=True)

    class Meta:
        default_permissions = ()
        unique_together = [("withdrawal", "kind", "digest")]

    def __str__(self):
        return f"{self.kind} {self.digest}"


def make_salt():
    return secrets.token_hex(16)


class Ledger(models.Model):
    """A single row that connects the database with its ledger file: see safeguarding/withdrawal/ledger.py.

    `salt`: the salt of the site's digests. It is also in the ledger file, and identifies the site there.
    `held_since`: the time from which all people are hidden from readers, because the file was missing or
    could not be carried out, or None. `is_written`: whether a file with this salt was begun. If it is missing
    later, it was lost.
    """

    salt = models.CharField(max_length=32, default=make_salt)
    held_since = models.DateTimeField(null=True)
    is_written = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.pk)

    @classmethod
    def get(cls):
        """Return the row, which is created if it is missing."""
        return cls.objects.get_or_create(pk=1)[0]


class UnfinishedEntry(models.Model):
    """An entry of the ledger file that could not be carried out: see safeguarding/withdrawal/unfinished.py.

    `key`: the key of the entry. `code`: that of the person, or "" if the entry has none. `ended_at`: when a
    lead ended the hold because of it, for a `reason`. From then on it is not tried again.
    """

    key = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=10, blank=True)
    # The number of failed attempts, the day of the last one, and the class of its error.
    failures = models.PositiveIntegerField(default=0)
    tried_on = models.DateField(null=True)
    error = models.CharField(max_length=100, blank=True)
    reason = EncryptedTextField(_("reason"))
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self):
        return self.code or str(self.pk)
