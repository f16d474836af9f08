"""Says who has read an earlier version of a page, and lists the answers that leads have to look at.

Leads are the members of the group Safeguarding.
"""

from collections import defaultdict

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from safeguarding.decisions import ASKED_FOR
from safeguarding.models import Reading
from safeguarding.policies import sees_names
from safeguarding.reading_start import MAX_TRIES
from safeguarding.readings import YES
from safeguarding.writers import compare, words_in


def find_earlier(page):
    """Return a list of (sentence, key of the Revision): who in `page` agreed to another version, not to this.

    The key is None if that version is gone or overwritten.
    """
    readings = Reading.objects.filter(page=page.pk, contributor__isnull=False, agrees=True).defer("answers")
    readings = list(readings.select_related("contributor", "revision").order_by("answered_at"))
    last = {each.contributor_id: each for each in readings}
    agreed = {(each.contributor_id, each.digest) for each in readings}
    uses = page.report_people().uses if readings else []
    return [
        describe_earlier(page, last[use.contributor_id])
        for use in uses
        if use.contributor_id in last and (use.contributor_id, use.digest) not in agreed
    ]


def describe_earlier(page, reading):
    """Return that for `reading`, of another version of `page`."""
    code, revision = reading.contributor.code, reading.revision
    if not revision or revision.created_at > reading.started_at:  # an autosave overwrote what was read
        return _("%s has read an earlier version.") % code, None
    number = compare(words_in(revision.as_object().people_content), words_in(page.people_content)).number
    text = ngettext(
        "%(code)s has read an earlier version: %(number)d word differs.",
        "%(code)s has read an earlier version: %(number)d words differ.",
        number,
    )
    return text % {"code": code, "number": number}, revision.pk


def find_answers(user):
    """Return {heading: [(code, address, sentence)]} of the last weeks: answers, and unanswered links.

    Of each person and page, the answers since the last with a yes to this version. Without a yes to
    everything that has no words. `user` sees the words of the people if they see names.
    """
    since = timezone.now() - ASKED_FOR
    readings = Reading.objects.filter(Q(answered_at__gt=since) | Q(answered_at=None, ends_at__gt=since))
    readings = readings.filter(contributor__isnull=False, page__isnull=False)
    readings = readings.select_related("contributor", "user").order_by("answered_at", "pk")
    with_words = sees_names(user)
    last = defaultdict(list)
    for each in readings:
        key = each.page_id, each.contributor_id
        if each.agrees is not None:
            last[key] = [each] if each.agrees else [*last[key], each]
    refused = {(each.page_id, each.contributor_id) for each in readings if each.agrees is False}
    before = _("Said no before. Now: %(what)s. Shown by %(name)s.")
    lines = [
        (
            each.contributor.code,
            address_of(each),
            before % {"what": each.describe(with_words), "name": each.user or _("A former user")}
            if each.agrees and key in refused
            else each.describe(with_words),
        )
        for key, found in last.items()
        for each in found
        if key in refused or any(words or answer != YES for answer, words in each.answered.values())
    ]
    newest = {
        (each.page_id, each.contributor_id): each for each in sorted(readings, key=lambda each: each.pk)
    }
    text = _("The link ended without an answer.")
    lines += [
        (each.contributor.code, address_of(each), text)
        for each in newest.values()
        if each.way == Reading.Way.LINK and each.agrees is None
        if each.ends_at < timezone.now() or each.tries >= MAX_TRIES
    ]
    return {_("Answers of people who were shown a page"): lines}


def address_of(reading):
    return reverse("safeguarding_decisions:page", args=[reading.page_id])
