"""Starts readings, and finds the one that somebody opens by the secret in its address. A link has a code too.

The database has only digests of both. That of the code is made with the secret, so nobody who has the
database can find the code by trying all of them.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language, override

from safeguarding.encryption import has_keys
from safeguarding.readings import Reading, close_addresses, open_readings
from safeguarding.releases import load_people
from safeguarding.stop_codes import read_digits

# How long each can be answered.
LASTS = {
    Reading.Way.HERE: timedelta(hours=2),
    Reading.Way.PAPER: timedelta(days=60),
    Reading.Way.LINK: timedelta(hours=72),
}
# How many wrong codes end a link.
MAX_TRIES = 5
# How long a screen of a link can be sent without the code. Browsers keep what was sent, also after leaving.
TICKET_LASTS = timedelta(minutes=15)


@transaction.atomic
def start(version, user, way, **fields):
    """Start a reading of `version`, a Version. Return it with its `path`, `address` and `shown_code`.

    Nothing stores these three. `fields`: others of Reading. Earlier addresses for the same person and page
    are closed.
    """
    now, token, code = timezone.now(), secrets.token_urlsafe(32), f"{secrets.randbelow(10**6):06}"
    reading = Reading(page=version.page, revision=version.revision, user=user, way=way, **fields)
    uses = {use.contributor_id: use for use in version.report.uses}
    reading.translation_key = version.page.translation_key
    reading.digest = uses.get(reading.contributor_id, version.report).digest
    reading.ends_at = now + LASTS[way]
    if way != Reading.Way.PAPER:
        reading.token = digest_of_token(token)
    if way == Reading.Way.LINK:
        reading.code = digest_of_code(token, code)
    reading.save()  # it locks the people first, as the others do that change readings
    if reading.token:
        # For second readers, it closes that of an earlier one too.
        close_addresses(contributor=reading.contributor, page=reading.page, pk__lt=reading.pk)
    with override(reading.language):
        reading.path = reverse("reading", args=[token])
    reading.address = settings.BASE_URL + reading.path
    reading.shown_code = f"{code[:3]} {code[3:]}"
    return reading


def handed_over_at(user):
    """Return when `user` handed over a device today, to show a text on it, in seconds since 1970; or 0."""
    day = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    readings = Reading.objects.filter(user=user, way=Reading.Way.HERE, started_at__gt=day)
    # A copy by copy_refusals() has no token.
    last = readings.exclude(token="").order_by("-pk").values_list("started_at", flat=True).first()
    return last.timestamp() if last else 0


def digest_of_token(token):
    return sha256(token.encode()).hexdigest()


def digest_of_code(token, code):
    return salted_hmac(f"reading {token}", code, algorithm="sha256").hexdigest()


def find_open(token):
    """Return the Reading whose address has `token`, in the language of this address, or None.

    None too if it can't be answered any more: it was answered, or ended, or somebody in the text was taken
    down, or withdrew, or a link is not safe any more, or no key is there that encrypts answers.
    """
    found = open_readings(token=digest_of_token(token), language=get_language(), tries__lt=MAX_TRIES)
    reading = found.select_related("contributor", "page").first() if has_keys() else None
    if not reading or not may_be_shown(reading.contributor, reading.way):
        return None
    uses = reading.shown[1].uses if reading.is_current else ()
    people = load_people(use.contributor_id for use in uses).values()
    return reading if all(may_be_shown(each, Reading.Way.HERE) for each in people) else None


def may_be_shown(person, way):
    """Return whether a text may be shown in this `way` to `person`, or to a second reader if that is None."""
    if person is None:
        return True
    is_safe = way != Reading.Way.LINK or getattr(person.latest_consent, "link_is_safe", False)
    return is_safe and not person.held_since and not person.has_withdrawn


def make_ticket(reading, name):
    """Return a signed text, which a form of `reading` sends. `name`: what it proves: see ReadingView."""
    return TimestampSigner(salt=f"reading {name}").sign(reading.token)


def is_ticket(ticket, reading, name):
    """Return whether `ticket` is that, and not older than TICKET_LASTS."""
    try:
        return TimestampSigner(salt=f"reading {name}").unsign(ticket, TICKET_LASTS) == reading.token
    except BadSignature:
        return False


@transaction.atomic
def try_code(reading, token, code):
    """Return whether `code` is that of `reading`. Wrong ones are counted, also those of the same moment."""
    locked = Reading.objects.select_for_update().get(pk=reading.pk)
    digits = read_digits(code)
    if locked.tries < MAX_TRIES and constant_time_compare(locked.code, digest_of_code(token, digits)):
        return True
    Reading.objects.filter(pk=reading.pk).update(tries=F("tries") + 1)
    return False
