"""Stores which entries of the ledger could not be carried out. Everybody is held while there is one.

The ledger is a file with all withdrawals: safeguarding/withdrawal/ledger.py. Whoever is held is hidden from
readers.

Each entry is tried again at the start of the site, once a day, and when a lead (a member of the group
Safeguarding) asks for it. If the database failed, it is tried again each minute. A lead can also end the
hold, with a reason.
"""

import builtins

from django import db
from django.db import OperationalError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from caching.local_date import today
from safeguarding.withdrawal_models import UnfinishedEntry


def unfinished():
    """Return the UnfinishedEntries that no lead gave up. While there is one, everybody is held."""
    return UnfinishedEntry.objects.filter(ended_at=None)


def entries_to_leave(only_due):
    """Return the keys of the entries that are not tried again now.

    `only_due`: whether those that failed today already are among them, unless the database failed.
    """
    left = UnfinishedEntry.objects.exclude(ended_at=None)
    if only_due:
        # The database may only have been busy.
        failed = UnfinishedEntry.objects.exclude(error=OperationalError.__name__)
        left |= failed.filter(tried_on=today())
    return set(left.values_list("key", flat=True))


def note_failure(entry, error):
    """Store that `entry`, a dictionary, could not be carried out because of `error`, an exception.

    The message of the error is left out, because it could repeat what is to be erased. Return whether it is
    the first failure.
    """
    code = str(entry.get("code", ""))[:10]  # the length of the column
    row, is_new = UnfinishedEntry.objects.get_or_create(key=entry["key"], defaults={"code": code})
    UnfinishedEntry.objects.filter(pk=row.pk).update(
        failures=F("failures") + 1, tried_on=today(), error=type(error).__name__[:100]
    )
    return is_new


def give_up(entry, user):
    """Store that `user`, a lead, gave up `entry`, an UnfinishedEntry with a reason, and log it."""
    entry.ended_at, entry.ended_by = timezone.now(), user
    entry.save(update_fields=["ended_at", "ended_by", "reason"])
    log(entry, "safeguarding.give_up_entry", user=user)


def describe_error(name):
    """Return a description of an error for leads. `name`: the name of its class."""
    if issubclass(getattr(builtins, name, Exception), OSError):
        text = _("a file could not be reached")
    elif hasattr(db, name):
        text = _("the database refused it")
    else:
        text = _("something unexpected was found")
    return _("%(what)s (for your technician: %(name)s)") % {"what": text, "name": name}
