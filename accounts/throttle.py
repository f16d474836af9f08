"""Counts attempts to sign in, for all replicas together, and stores neither names nor addresses.

An attempt counts before it is checked: of a hundred that arrive at once, no more are checked than of a
hundred that arrive one after the other.
"""

import ipaddress
import re
import unicodedata
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import LoginAttempt

COOL_OFF = timedelta(minutes=15)
# For one name from one address, and for all names from one address.
PER_NAME_AND_ADDRESS, PER_ADDRESS = 5, 20
# For one name from all addresses. NIST SP 800-63B (section 3.2.2) allows 100 failed passwords in a row. Here
# that takes 20 addresses, and leaves at most 9,600 guesses a day for a password of 12 characters or more.
PER_NAME = 100
# A code has six digits, of which three are right at a time, and only somebody with the password is asked
# for one. Each request for a reset link sends a mail. Both have one low limit, whatever the address.
PER_NAME_STRICT = 5
STRICT = {"code", "reset"}
TOO_MANY = _("There were too many tries. Please wait 15 minutes, then try again.")
# Networks that no visitor from the internet comes from. Such an address belongs to a proxy, or to somebody
# in the same private network: RFC 1122, 1918, 3927, 4193, 4291 and 6598.
INTERNAL = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"),
    )
]
# As proxies write an address: 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711.
WITH_PORT = re.compile(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[\d.]+):\d+")


class Throttle:
    """The attempts at one thing by one person.

    Arguments:
        purpose: what is attempted: "password", "code" or "reset". Each is counted for itself.
        request: the request that brings the attempt, or None.
        name: the user name, e-mail address or key of the account.
    """

    def __init__(self, purpose, request, name):
        name = unicodedata.normalize("NFKC", str(name)).strip().casefold()
        address = address_of(request)
        self.name = _digest(f"{purpose} name", name)
        self.limits = {self.name: PER_NAME_STRICT if purpose in STRICT else PER_NAME}
        # An address that can't be told may be everybody's: it must not lock everybody out.
        if address:
            pair = _digest(f"{purpose} name and address", f"{address} {name}")
            one_address = _digest(f"{purpose} address", address)
            # In this order an attempt that is refused for its address does not count for the name.
            self.limits = {one_address: PER_ADDRESS, pair: PER_NAME_AND_ADDRESS} | self.limits

    def allows(self):
        """Count one more attempt; return whether it may be checked."""
        return all(_count(digest, limit) for digest, limit in self.limits.items())

    def forget(self):
        """Take back the last attempt, and those for the same name from the same address: it was right."""
        counted = LoginAttempt.objects.filter(digest__in=self.limits)
        counted.filter(count__gt=0).update(count=F("count") - 1)
        for digest, limit in self.limits.items():
            if limit <= PER_NAME_AND_ADDRESS:
                counted.filter(digest=digest).delete()


def address_of(request):
    """Return the network address of the visitor who sent `request`, or "" if it can't be told.

    With `TRUST_PROXY` the address is the one that the outermost trusted proxy wrote into `X-Forwarded-For`;
    nothing else that a header says counts. Of an IPv6 address the /64 network is returned, since one visitor
    has all addresses in it.
    """
    if request is None:
        return ""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        # The address of the connection is the proxy's: never a substitute for a header that is missing.
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        address = forwarded[-settings.TRUST_PROXY] if len(forwarded) >= settings.TRUST_PROXY else ""
    address = address.strip().strip('"')
    if match := WITH_PORT.fullmatch(address):
        address = match["v6"] or match["v4"]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(parsed in network for network in INTERNAL):
        return ""
    return str(parsed if parsed.version == 4 else ipaddress.IPv6Network((int(parsed), 64), strict=False))


def delete_old():
    """Delete the counts that have run out."""
    LoginAttempt.objects.filter(last__lte=timezone.now() - COOL_OFF).delete()


def _digest(what, value):
    return salted_hmac("accounts", f"{what}: {value}", algorithm="sha256").hexdigest()


def _count(digest, limit):
    now = timezone.now()
    with transaction.atomic():
        # Locked until it is saved: of several at once, each sees the one before.
        attempts, _new = LoginAttempt.objects.select_for_update().get_or_create(
            digest=digest, defaults={"last": now}
        )
        if attempts.last <= now - COOL_OFF:
            attempts.count = 0
        if attempts.count >= limit:
            # An attempt that is refused does not prolong the wait.
            return False
        attempts.count, attempts.last = attempts.count + 1, now
        attempts.save()
    return True
