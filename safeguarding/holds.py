"""Hides everything about a person from readers at once, and shows it again.

Only this module writes `Contributor.held_since`. Forms don't, so that one that was opened before can't undo
a hold.
"""

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from safeguarding.models import Contributor
from safeguarding.readings import close_addresses
from safeguarding.releases import lock_with_others
from safeguarding.withdrawal_models import Ledger, Restriction

TAKE_DOWN = "safeguarding.take_down"


def take_down(contributor, user, is_noted=True):
    """Hide everything about `contributor` from the next request on. Return False if it was hidden already.

    `is_noted`: whether the ledger of withdrawals notes it.
    """
    return set_hold(contributor, user, timezone.now(), TAKE_DOWN, is_noted)


def bring_back(contributor, user, is_noted=True):
    """End the hold of `contributor`. Return False if there is none. Pages come back as consents allow it.

    While everybody is held after a restore, a person who was taken down stays held, as all others are.
    """
    return set_hold(contributor, user, None, "safeguarding.bring_back", is_noted)


def hold_after_restore(contributor, moment):
    """Hold everything about `contributor` since `moment`. Return False if it was hidden already."""
    return set_hold(contributor, None, moment, "safeguarding.hold_after_restore", is_noted=False)


def is_held_after_restore(person):
    """Return whether `person` is held only because withdrawals may be missing after a restore."""
    return bool(person.held_since) and Ledger.objects.filter(held_since=person.held_since).exists()


@transaction.atomic
def set_hold(contributor, user, held_since, action, is_noted):
    lock_with_others(contributor.pk)
    person = Contributor.objects.get(pk=contributor.pk)
    # A person who is held because of a restore can be taken down as well, and stays so when that hold ends.
    is_held = bool(person.held_since) and not (action == TAKE_DOWN and is_held_after_restore(person))
    if is_held == bool(held_since):
        return False
    if held_since is None and not is_held_after_restore(person):
        held_since = Ledger.objects.values_list("held_since", flat=True).first()
    person.held_since = held_since
    person.save(update_fields=["held_since"])
    close_addresses(contributor=person)
    log(person, action, user=user)
    if is_noted:
        Restriction.objects.create(code=person.code, limits={"held": action == TAKE_DOWN})
    return True
