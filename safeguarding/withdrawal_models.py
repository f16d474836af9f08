"""Models for withdrawals: these, their tasks, digests of what was erased, and the ledger's state.

The ledger is a file outside of the database with all withdrawals: safeguarding/withdrawal/ledger.py. The
models contain no address, no title and no name.
"""

import secrets
import uuid

from django.conf import settings
from django.db import models

from safeguarding.record import Record


class Withdrawal(Record):
    """A withdrawal that a lead (a member of the group Safeguarding) confirmed, or that was carried out again.

    The person takes everything back. The ledger brings withdrawals back after a restore.

    `counts`: {name of a Place: number of rows that were erased there}. The key "<name> left" has the number
    of those that were found and not erased, and "again" says that it was carried out again. `asked`: {where
    copies may be outside of the site: the day on which a lead asked for their removal}.
    """

    shows_on_pages = False
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contributor = models.ForeignKey(
        "safeguarding.Contributor", null=True, on_delete=models.SET_NULL, related_name="withdrawals"
    )
    # The code of the person. It stays when the person is deleted.
    code = models.CharField(max_length=10)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)
    asked = models.JSONField(default=dict)

    class Meta(Record.Meta):
        ordering = ["-pk"]

    def __str__(self):
        return self.code


class Restriction(Record):
    """What a person no longer agreed to, while the rest stayed. The ledger brings it back after a restore.

    `limits`: the most that is agreed to, as in limits_of(). It is {} if stories were held because of a new
    protected word: after a restore, nobody knows the word. It is {"held": True} if the person was taken down,
    and {"held": False} if the person was brought back. {"stop_code": …} has the fields of a new StopCode.
    """

    shows_on_pages = False
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=10)
    limits = models.JSONField(default=dict)


class WithdrawalTask(Record):
    """Work that follows the database transaction of a withdrawal: see safeguarding/withdrawal/tasks.py.

    `data`: the arguments of the step. It is emptied when the task is done. `withdrawal`: None after a lead
    had earlier versions of a page deleted without one.
    """

    shows_on_pages = False
    withdrawal = models.ForeignKey(Withdrawal, null=True, on_delete=models.CASCADE, related_name="tasks")
    step = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    # The number of failed attempts, and the class of the last error.
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=100, blank=True)

    class Meta(Record.Meta):
        ordering = ["pk"]


class Fingerprint(Record):
    """A digest of the path or of the translation key of an erased page, or of the hash of an erased picture.

    A digest of the kind `FORMER` is of an earlier path of a page that still exists. If no withdrawal erased
    the path, `withdrawal` is None, and the ledger doesn't list it. A digest of the kind `STORY`, of a
    translation key, identifies a page in an older backup: there, a path can be that of another page.
    """

    class Kind(models.TextChoices):
        ADDRESS = "address"
        FORMER = "former"
        PICTURE = "picture"
        STORY = "story"

    withdrawal = models.ForeignKey(Withdrawal, models.CASCADE, null=True, related_name="fingerprints")
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.CharField(max_length=64, db_index=True)

    class Meta(Record.Meta):
        unique_together = [("withdrawal", "kind", "digest")]

    @classmethod
    def add(cls, withdrawal, digests):
        """Store `digests`, (kind, digest) pairs, unless they are stored already."""
        rows = [cls(withdrawal=withdrawal, kind=kind, digest=digest) for kind, digest in digests]
        cls.objects.bulk_create(rows, ignore_conflicts=True)


def make_salt():
    return secrets.token_hex(16)


class Ledger(Record):
    """A single row that connects the database with its ledger file: see safeguarding/withdrawal/ledger.py.

    `salt`: the salt of the site's digests. It is also in the ledger file, and identifies the site there.
    `held_since`: the time from which all people are hidden from readers, because the file was missing or
    could not be carried out, or None. `is_written`: whether a file with this salt was begun. If it is missing
    later, it was lost. `failures`: the codes of the withdrawals of the file that could not be carried out,
    each with the class of the error. If there is none, it is "".
    """

    salt = models.CharField(max_length=32, default=make_salt)
    held_since = models.DateTimeField(null=True)
    is_written = models.BooleanField(default=False)
    failures = models.TextField(blank=True)

    @classmethod
    def get(cls):
        """Return the row, which is created if it is missing."""
        return cls.objects.get_or_create(pk=1)[0]
