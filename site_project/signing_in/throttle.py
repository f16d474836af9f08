"""Counts tries to sign in, by name and by address, for all replicas together and without storing either.

A try counts before it is looked at: of a hundred that come at once, no more are looked at than of a hundred
that come one after the other.
"""

import ipaddress
import unicodedata
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from site_project.signing_in.models import Tries

PER_NAME, PER_ADDRESS = 5, 20
COOL_OFF = timedelta(minutes=15)
TOO_MANY = _("There were too many tries. Please wait 15 minutes, then try again.")


class Throttle:
    """The tries of one person at one thing (`purpose`): the name that is typed, and whence it comes."""

    def __init__(self, purpose, request, name):
        name = unicodedata.normalize("NFKC", str(name)).strip().casefold()
        self.address = _digest(f"{purpose} address", address_of(request))
        self.name = _digest(f"{purpose} name", name)

    def allows(self):
        """Count one more try; return whether it may be looked at."""
        return _count(self.address, PER_ADDRESS) and _count(self.name, PER_NAME)

    def forget(self):
        """Take back what was counted: the try was right, and no guess."""
        Tries.objects.filter(digest=self.name).delete()
        Tries.objects.filter(digest=self.address, count__gt=0).update(count=F("count") - 1)


def address_of(request):
    """Return whence `request` comes; of IPv6 the network, for anybody has many addresses in theirs.

    What a header says of it counts only where a proxy in front wrote it, at the end.
    """
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    if request and settings.TRUST_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def delete_old():
    """Delete what counts no longer."""
    Tries.objects.filter(last__lte=timezone.now() - COOL_OFF).delete()


def _digest(what, value):
    return salted_hmac("signing_in", f"{what}: {value}", algorithm="sha256").hexdigest()


def _count(digest, most):
    now = timezone.now()
    with transaction.atomic():
        # Locked until it is saved: of several at once, each sees the one before.
        tries, _new = Tries.objects.select_for_update().get_or_create(digest=digest, defaults={"last": now})
        if tries.last <= now - COOL_OFF:
            tries.count = 0
        if tries.count >= most:
            # Who goes on trying does not make it longer.
            return False
        tries.count, tries.last = tries.count + 1, now
        tries.save()
    return True
