"""What is stored about withdrawals: each one, its tasks, and fingerprints of what must not come back.

None of it holds a name, an address or a title.
"""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Choice(models.TextChoices):
    """What a person takes back."""

    EVERYTHING = "everything", _("Everything")
    PICTURES = "pictures", _("The pictures")
    NAME = "name", _("The real name")


class Withdrawal(models.Model):
    """A withdrawal that a lead confirmed, or that the ledger brought back after a restore.

    `counts`: {name of a place: number of what was found there and erased}.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contributor = models.ForeignKey(
        "safeguarding.Contributor", null=True, on_delete=models.SET_NULL, related_name="withdrawals"
    )
    # It stays when the row of the person is gone.
    code = models.CharField(max_length=10)
    choice = models.CharField(max_length=10, choices=Choice)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.code}: {self.get_choice_display()}"


class WithdrawalTask(models.Model):
    """Work that is left after the database transaction of a withdrawal: safeguarding/withdrawal/tasks.py.

    `data` is emptied when the task is done.
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
    """A digest of the path of a page, or of the hash of a picture, that was erased.

    `FORMER`: a former path of a page that exists, as it is about others too.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address"
        FORMER = "former"
        PICTURE = "picture"

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
    """One row: the salt of the digests of this site, by which it also knows its ledger file.

    `held_since`: the moment at which everybody was taken down, because the file could not be carried out.
    `is_written`: whether a file for this salt was begun. If there is none later, it was lost.
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
        return cls.objects.get_or_create(pk=1)[0]
