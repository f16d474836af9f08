"""Limits attempts to sign in and to reset a password. All processes share the counts.

The stored counts contain neither names nor addresses. An attempt is counted before the password is checked.
So a hundred simultaneous attempts have the same limit as a hundred successive ones.
"""

import ipaddress
import logging
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

logger = logging.getLogger(__name__)
# How long after the last attempt a count is forgotten.
COOL_OFF = timedelta(minutes=15)
# Limits for one name from one address, and for all names from one address.
PER_NAME_AND_ADDRESS, PER_ADDRESS = 5, 20
# Limit for one name from all addresses, known or not. NIST SP 800-63B (section 3.2.2) allows 100 failed
# passwords in a row. With PER_NAME_AND_ADDRESS, it takes 20 known addresses to reach this limit. It leaves at
# most 9,600 guesses a day (100 in each COOL_OFF) for a password of 12 characters or more.
PER_NAME = 100
# A lower limit for one name from all addresses, for the purposes in STRICT. Three of the million codes of an
# app are valid at a time, and only somebody who has the password is asked for one. Each request for a reset
# link sends an e-mail.
PER_NAME_STRICT = 5
STRICT = {"code", "reset"}
TOO_MANY = _("There were too many tries. Please wait 15 minutes, then try again.")
# IPv6 addresses that hold an IPv4 address in their last 32 bits: NAT64 (RFC 6052) and SIIT (RFC 2765). All
# visitors who use IPv4 would share one such network.
TRANSLATED = [ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::ffff:0:0:0/96")]
# How proxies write an address: 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711.
# Some put it between quotation marks, as in the header Forwarded (RFC 7239).
WITH_PORT = re.compile(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[\d.]+):\d+")


class Throttle:
    """Counts the attempts of one kind for one account and from one network address.

    Arguments:
        purpose: the kind of attempt: "password", "code" or "reset". Each is counted separately.
        request: the request that makes the attempt.
        name: the user name, e-mail address or primary key of the account. The account need not exist.
    """

    def __init__(self, purpose, request, name):
        self.purpose = purpose
        # As Django compares e-mail addresses when it resets a password.
        name = unicodedata.normalize("NFKC", str(name)).strip().casefold()
        address = address_of(request)
        one_name = _digest(f"{purpose} name", name)
        self.limits = {one_name: PER_NAME_STRICT if purpose in STRICT else PER_NAME}
        # The counts that a success deletes.
        self.forgiven = [one_name] if purpose in STRICT else []
        # Without a known address, all visitors would share one count and lock each other out.
        if address:
            pair = _digest(f"{purpose} name and address", f"{address} {name}")
            one_address = _digest(f"{purpose} address", address)
            # In this order an attempt that is refused for its address does not count for the name too. One
            # that is refused for the name alone has counted for the other two.
            self.limits = {one_address: PER_ADDRESS, pair: PER_NAME_AND_ADDRESS} | self.limits
            self.forgiven.append(pair)

    def allow_attempt(self):
        """Count one more attempt, and return whether it is within the limits."""
        is_allowed = all(_count_if_below(digest, limit) for digest, limit in self.limits.items())
        if not is_allowed and self.purpose != "reset":
            log_failure("throttled")
        return is_allowed

    def record_success(self):
        """Uncount the last attempt, and delete the counts in `forgiven`.

        These are for the name from this address and, for the purposes in STRICT, for the name from all
        addresses. The other counts stay. Otherwise somebody with an account could guess the passwords of
        others without end by signing in between.
        """
        LoginAttempt.objects.filter(digest__in=self.forgiven).delete()
        counted = LoginAttempt.objects.filter(digest__in=self.limits, count__gt=0)
        counted.update(count=F("count") - 1)


def address_of(request):
    """Return the network address of the visitor who sent `request`, or "" if it is not known.

    With the setting `TRUST_PROXY`, the number of trusted proxies, it is the address that the outermost of
    them added to `X-Forwarded-For`. All other headers are ignored. An IPv6 address is shortened to its /56
    network, because providers give a home all addresses in one (RFC 6177).
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        # If the header is missing, REMOTE_ADDR is no substitute: it is the address of the proxy.
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        address = forwarded[-settings.TRUST_PROXY] if len(forwarded) >= settings.TRUST_PROXY else ""
    address = address.strip().strip('"')
    if match := WITH_PORT.fullmatch(address):
        address = match["v6"] or match["v4"]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6:
        parsed = embedded_ipv4(parsed) or parsed
    # An address that is not on the internet is that of a proxy, which many visitors share, or of somebody in
    # the same private network.
    if not parsed.is_global:
        return ""
    return str(parsed if parsed.version == 4 else ipaddress.IPv6Network((int(parsed), 56), strict=False))


def embedded_ipv4(address):
    """Return the IPv4 address that the IPv6 address `address` is made from, or None."""
    if any(address in network for network in TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def delete_expired_attempts():
    """Delete the counts that are older than COOL_OFF."""
    LoginAttempt.objects.filter(last__lte=timezone.now() - COOL_OFF).delete()


def log_failure(kind):
    """Log that a sign-in failed, without name and address. `kind`: "password", "code" or "throttled"."""
    logger.warning("A sign-in failed: %s.", kind)


def _digest(label, value):
    return salted_hmac("accounts", f"{label}: {value}", algorithm="sha256").hexdigest()


def _count_if_below(digest, limit):
    """Add one to the count of `digest`, unless it is at `limit`; return whether it was added."""
    now = timezone.now()
    with transaction.atomic():
        # The row is locked until it is saved, so that simultaneous attempts count one by one. SQLite locks no
        # rows: there, transactions wait for each other (IMMEDIATE in site_project/environment.py).
        rows = LoginAttempt.objects.select_for_update()
        attempts, _new = rows.get_or_create(digest=digest, defaults={"last": now})
        if attempts.last <= now - COOL_OFF:
            attempts.count = 0
        if attempts.count >= limit:
            # `last` stays, so that a refused attempt does not prolong the wait.
            return False
        attempts.count, attempts.last = attempts.count + 1, now
        attempts.save()
    return True
