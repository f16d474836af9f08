"""Model of stop codes. With hers, a person takes down everything about herself, without an account.

A code has 18 digits, which every script of the site can say and type. The first eight find the row, and ten
are a secret. docs/decisions/safeguarding.md says why it is made like this.
"""

import secrets
from contextlib import nullcontext

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, models, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from safeguarding.record import Record
from safeguarding.withdrawal_models import Restriction

LOOKUP_DIGITS, SECRET_DIGITS = 8, 10
# The most characters of a typed code that are read.
LONGEST = 100


# Fewer than Django's, 30 ms: the secret is random, and requests for a row wait in line.
ITERATIONS = 50_000
hasher = PBKDF2PasswordHasher()


class Keeping(models.TextChoices):
    """How the person can keep a stop code without danger."""

    CARD = "card", _("Yes, on a card")
    REMEMBER = "remember", _("Only to remember, never on paper")
    NO = "no", _("No")


class WithStopCode:
    """A person who may have a stop code."""

    @property
    def may_have_stop_code(self):
        """Whether the person said that it is safe to keep one. Without an answer it is not."""
        return getattr(self.latest_consent, "stop_code", "") in {Keeping.CARD, Keeping.REMEMBER}

    @property
    def stop_code_version(self):
        """What tells the stop code from a newer one, for forms. It says nothing about the code."""
        secret = self.stop_code.secret if hasattr(self, "stop_code") else ""
        return secret and salted_hmac(__name__, secret, algorithm="sha256").hexdigest()

    @property
    def has_stopped(self):
        """Whether the person sent the code since they were taken down."""
        used_at = hasattr(self, "stop_code") and self.stop_code.used_at
        return bool(used_at and self.held_since and used_at >= self.held_since)


class StopCode(Record):
    """The stop code of a person. `used_at`: when the person sent it last."""

    shows_on_pages = False
    contributor = models.OneToOneField("safeguarding.Contributor", models.CASCADE, related_name="stop_code")
    lookup = models.CharField(max_length=LOOKUP_DIGITS, unique=True)
    secret = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)

    @classmethod
    def make(cls, person):
        """Return a new code for `person`, in groups of three digits. It replaces the former one.

        The ledger of withdrawals notes the row: else, a restore would bring the former code back. The
        database refuses a second row with the same `lookup`, which is one of 10 ** 8.
        """
        digits = f"{secrets.randbelow(10 ** (LOOKUP_DIGITS + SECRET_DIGITS)):018}"
        secret = hasher.encode(digits[LOOKUP_DIGITS:], hasher.salt(), ITERATIONS)
        fields = {"lookup": digits[:LOOKUP_DIGITS], "secret": secret}
        cls.objects.update_or_create(contributor=person, defaults=fields)
        Restriction.objects.create(code=person.code, limits={"stop_code": fields})
        return " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))

    @classmethod
    def find_person(cls, text):
        """Return the Contributor whose code is in `text`, or None.

        The secret is compared only if there is a row. PostgreSQL compares one at a time for each row. On
        SQLite, a transaction would keep others from writing.
        """
        digits = read_digits(text)
        lookup, secret = digits[:LOOKUP_DIGITS], digits[LOOKUP_DIGITS:]
        rows = cls.objects.filter(lookup=lookup)
        if len(secret) != SECRET_DIGITS or not rows.exists():
            return None
        has_locks = connection.features.has_select_for_update
        with transaction.atomic() if has_locks else nullcontext():
            row = rows.select_for_update(no_key=has_locks).first()
            return row.contributor if row and hasher.verify(secret, row.secret) else None


def read_digits(text):
    """Return the digits in `text`, of any script, as those from 0 to 9."""
    return "".join(str(int(each)) for each in text[:LONGEST] if each.isdecimal())
