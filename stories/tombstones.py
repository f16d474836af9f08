"""Tombstones: what left the feeds, so that programs that read feeds delete it too (RFC 6721).

A story leaves them when it is hidden, held, deleted or withdrawn, or expires, or when a use of it ends. Its
tombstone is the same for each of these, so it doesn't tell who withdrew.
"""

import datetime
import uuid

from django.db import models
from wagtail.models import Locale

from caching.local_date import today
from safeguarding.record import Record

# How long feeds say that a story left.
TOMBSTONE_TIME = datetime.timedelta(days=90)


class FeedEntry(Record):
    """A story in the feeds of a language, or that left them on the day `left_on`. `entry`: its id there."""

    entry = models.UUIDField(unique=True)
    locale = models.ForeignKey(Locale, models.CASCADE, related_name="+")
    left_on = models.DateField(null=True)


def make_entry_id(translation_key, language):
    """Return the id of the entry of a story, which says nothing about it.

    It stays when the story gets another address, or the site another host. Translations have the same key.
    """
    return uuid.uuid5(translation_key, language)


def find_tombstones(locale):
    """Return (id of an entry, day) of what left the feeds of `locale`, the primary key of a Locale.

    All feeds of a language have all of them, so none tells in which section a story was.
    """
    rows = FeedEntry.objects.filter(locale=locale, left_on__gte=today() - TOMBSTONE_TIME)
    return rows.order_by("left_on", "entry").values_list("entry", "left_on")
