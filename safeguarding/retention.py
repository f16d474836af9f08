"""Deletes names and contacts of people NAMES_KEPT_MONTHS after their consent ended or was withdrawn.

A withdrawal has usually deleted them before: `delete_names` in safeguarding/withdrawal/carry_out.py.
Each deletion by this module is announced to the leads (members of the group Safeguarding) at least
ANNOUNCED_FOR before it, by mail or on the first page of the admin.
"""

import datetime

from django.conf import settings
from django.db import transaction
from wagtail.log_actions import log

from caching.local_date import today
from safeguarding.encryption import UnreadableText
from safeguarding.models import Contributor, Notice
from safeguarding.one_by_one import do_for_each
from safeguarding.releases import lock_with_others
from safeguarding.status import add_months, get_last_day

ANNOUNCED_FOR = datetime.timedelta(days=30)


def deletion_day(person):
    """Return the day from which the names of `person` are deleted, or None. A hold makes no difference."""
    consent = person.latest_consent
    if consent is None or not has_restricted_texts(person):
        return None
    end = consent.given_on if person.has_withdrawn else get_last_day(person, consent)
    if not person.has_withdrawn and today() <= end:
        return None
    usual = add_months(end, settings.NAMES_KEPT_MONTHS)
    return max(usual, person.keep_until or usual)


def has_restricted_texts(person):
    """Return whether `person` has names, a contact or another restricted text, readable or not."""
    if hasattr(person, "restricted_length"):  # Contributor.by_code() has read none of the texts
        return person.restricted_length > 0
    texts = [getattr(person, name) for name in Contributor.ENCRYPTED_FIELDS]
    return any(text or isinstance(text, UnreadableText) for text in texts)


def is_time_to_announce(day):
    """Return whether it is time to announce a deletion on `day`."""
    return day <= today() + ANNOUNCED_FOR


def delete_names():
    """Delete the restricted fields of all people for whom this is due and was announced long enough ago."""
    do_for_each(Contributor.by_code(), delete_names_if_due)


def delete_names_if_due(person):
    day = deletion_day(person)
    announced = Notice.objects.filter(contributor=person, step=Notice.Step.DELETION, day=day)
    announced = announced.filter(sent_on__lte=today() - ANNOUNCED_FOR)
    if day and day <= today() and announced.exists():
        delete_names_of(person.pk)


@transaction.atomic
def delete_names_of(key):
    """Delete the restricted fields of the person with the primary key `key`, if this is still due."""
    lock_with_others(key)
    person = Contributor.objects.get(pk=key)
    day = deletion_day(person)
    if day is None or day > today():
        return  # A consent or a later day was recorded meanwhile, or the texts were deleted.
    person.delete_texts(Contributor.ENCRYPTED_FIELDS)
    person.readings.update(answers="")
    log(person, "safeguarding.delete_names")
