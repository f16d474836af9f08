"""Finds withdrawals that were carried out again after a restore, and whose ticked rows may be back.

A lead, a member of the group Safeguarding, ticks what may be about somebody else. The ledger doesn't say what
was ticked, so it is left when the withdrawal is carried out again.
"""

from django.db.models import Exists, OuterRef

from safeguarding.models import Withdrawal
from safeguarding.withdrawal.places import places

# The key in `counts` of a Withdrawal that was carried out again.
AGAIN = "again"


def find_returned(**conditions):
    """Return the Withdrawals, for which `conditions` hold, whose list a lead has to read again.

    A later withdrawal that a lead confirmed shows that it was read.
    """
    later = Withdrawal.objects.filter(contributor=OuterRef("contributor"), pk__gt=OuterRef("pk"))
    found = Withdrawal.objects.filter(~Exists(later.exclude(user=None)), counts__has_key=AGAIN, **conditions)
    left = {f"{place.name} left" for place in places() if place.needs_yes}
    return [each for each in found if not left.isdisjoint(each.counts)]
