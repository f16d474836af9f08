"""Counts the places that the leak check finds for each user on each day. Above LIMIT, it mails the leads.

The leak check looks for protected words, which would give away a person, in what users write. The words are
not stored with the counts. Leads are the members of the group Safeguarding. For them nothing is counted.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from caching.local_date import today
from safeguarding.mails import mail_leads
from safeguarding.models import LeakHits

# The most places that the leak check names to a user on one day, and in seven days (SHOWN) before leads are
# told.
LIMIT, LIMIT_OF_WEEK = 10, 20
# How long the counts are stored, and how long the admin shows the leads those above the limit.
KEPT, SHOWN = datetime.timedelta(days=90), datetime.timedelta(days=7)


def count_today(user):
    """Return the number of places that the leak check found for `user` today."""
    return LeakHits.objects.filter(user=user, day=today()).values_list("number", flat=True).first() or 0


def record(user, number):
    """Add `number` to today's count of `user`, and return it. Above LIMIT, mail the leads once a day."""
    with transaction.atomic():
        hits, _created = LeakHits.objects.get_or_create(user=user, day=today())
        LeakHits.objects.filter(pk=hits.pk).update(number=F("number") + number)
        hits.refresh_from_db()
        LeakHits.objects.filter(day__lt=today() - KEPT).delete()
    if hits in find_many():
        tell_leads(hits)
    return hits.number


def tell_leads(hits):
    """Mail the leads, unless they got such a mail on the day of `hits`, a LeakHits.

    No transaction is open while the mail is sent. On SQLite, a slow mail server would block all writes. If
    the process is killed in between, no mail is sent on this day. The first page of the admin says the same.
    """
    with transaction.atomic():
        # Locked, so that two requests at the same moment don't both send a mail. In one order, so that
        # neither waits for a row of the other.
        of_today = LeakHits.objects.select_for_update().filter(day=hits.day).order_by("pk")
        if any(each.is_told for each in of_today):
            return
        LeakHits.objects.filter(pk=hits.pk).update(is_told=True)
    is_sent = False
    try:
        is_sent = mail_leads(gettext_lazy("Protected words were found often"), compose)
    finally:
        if not is_sent:  # The next request tries again.
            LeakHits.objects.filter(pk=hits.pk).update(is_told=False)


def allow(hits, lead):
    """Count from 0 again for the user and the day of `hits`, a LeakHits, because `lead` says so."""
    LeakHits.objects.filter(pk=hits.pk).update(number=0, is_told=False)
    log(hits.user, "safeguarding.allow", user=lead, data={"number": hits.number})


def compose():
    """Return the text of the mail to the leads."""
    text = _(
        "The leak check found protected words in one user's texts: more than %(limit)d today, or %(week)d in "
        "seven days. A list of names counts too. It may be a story that needs you, or somebody who tries out "
        "names. “Needs you today”, on the first page of the admin, says who it was. Above %(limit)d, the "
        "site publishes nothing for this user until tomorrow, unless you allow it there:\n\n%(address)s"
    )
    address = settings.BASE_URL + reverse("wagtailadmin_home")
    return text % {"limit": LIMIT, "week": LIMIT_OF_WEEK, "address": address}


def find_many():
    """Return the LeakHits of the last seven days, today included, of users who are above a limit."""
    shown = LeakHits.objects.filter(day__gt=today() - SHOWN)
    users = shown.order_by().values("user").annotate(total=Sum("number")).filter(total__gt=LIMIT_OF_WEEK)
    many = shown.filter(Q(number__gt=LIMIT) | Q(number__gt=0, user__in=users.values("user")))
    return many.select_related("user").order_by("-day", "pk")
