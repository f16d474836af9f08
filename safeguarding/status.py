"""The status of a person's consent on a day, and the last day of a consent.

Only the last consent event counts, because every event describes all that the person agrees to from then on.
"""

import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

# Days before the end of a consent from which it "ends soon".
DAYS_OF_NOTICE = 60
ONE_DAY = datetime.timedelta(days=1)


class Status(models.TextChoices):
    NONE = "none", _("Not asked yet")
    ACTIVE = "active", _("Active")
    ENDS_SOON = "ends_soon", _("Ends soon")
    ENDED = "ended", _("Ended")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    HELD = "held", _("Taken down")


# With these, nothing of the person may be shown, whatever has been decided.
REFUSED = {Status.WITHDRAWN, Status.HELD}


def get_status(contributor, consent, day):
    """Return the Status of `contributor` on `day`. `consent`: the last consent event, or None."""
    if contributor.held_since:
        return Status.HELD
    if consent is None:
        return Status.NONE
    if consent.event == consent.Event.WITHDRAWN:
        return Status.WITHDRAWN
    if day < consent.given_on:
        return Status.NONE
    last_day = get_last_day(contributor, consent)
    if day > last_day:
        return Status.ENDED
    notice = last_day - datetime.timedelta(days=DAYS_OF_NOTICE)
    return Status.ACTIVE if day < notice else Status.ENDS_SOON


def counts_as_child(contributor, day):
    """Return whether the conditions for a child hold for `contributor`, a person or a group, on `day`.

    They hold for a group unless somebody said that no child is in it, for a person who will be 18 on a later
    day, also if `kind` says that it is an adult, and for a person whose kind is unknown.
    """
    if contributor.kind == contributor.Kind.GROUP:
        return contributor.has_children is not False
    if contributor.adult_on:
        return day < contributor.adult_on
    return contributor.kind != contributor.Kind.ADULT


def usual_months(contributor, day):
    """Return after how many months a consent of `contributor` that was given on `day` ends."""
    is_child = counts_as_child(contributor, day)
    return settings.CONSENT_MONTHS[contributor.Kind.CHILD if is_child else contributor.kind]


def get_last_day(contributor, consent):
    """Return the last day of `consent`. The consent of a guardian ends before the child is 18.

    If the person was no child then, as far as is known now, it ended before it was given.
    """
    if consent.given_by != consent.GivenBy.GUARDIAN:
        return consent.ends_on
    was_child = counts_as_child(contributor, consent.given_on)
    end = contributor.adult_on if was_child else consent.given_on
    # Nothing is before date.min.
    return min(consent.ends_on, max(end, datetime.date.min + ONE_DAY) - ONE_DAY) if end else consent.ends_on


def add_months(day, months):
    """Return the day of the month `months` later, or the last day of that month if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    first = datetime.date(day.year + years, month + 1, 1)
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    return min(first + datetime.timedelta(days=day.day - 1), following - ONE_DAY)
