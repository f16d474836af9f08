"""Adds the column and the filter "Consent" to the list of all stories.

They read the table Release (safeguarding/uses.py), which says until which day visitors may read a page. So
they are about the live version of a story, even if it has a newer draft. Of a story that is not live, they
say what would hold if it went live.
"""

from datetime import timedelta

from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from caching.local_date import today
from editing.desk.story_list import AnyOf
from safeguarding.scopes import NO_END
from safeguarding.status import DAYS_OF_NOTICE
from safeguarding.uses import Release
from safeguarding.wording import format_day


def releases(**conditions):
    """Return a Q for stories that have a Release with these `conditions`, lookups of its fields."""
    return Q(Exists(Release.objects.filter(page=OuterRef("pk"), **conditions)))


def is_undecided():
    """Return a Q for stories about which no editor has answered who is in them.

    “Nobody” with people in the list counts as no answer: only the Release, whose digest is "", says so.
    """
    return Q(people="") | releases(digest="", is_unseen=False)


def notice_ends():
    """Return the last date on which a consent counts as ending soon."""
    return today() + timedelta(days=DAYS_OF_NOTICE)


# {value in the address: (label, function that returns a Q)}. Every story has one of these states.
# NO_END is the last day of a story about nobody.
STATES = {
    "undecided": (_("Not decided yet"), is_undecided),
    "nobody": (_("Nobody is described"), lambda: releases(until=NO_END)),
    "in_order": (_("In order"), lambda: releases(until__gt=notice_ends(), until__lt=NO_END)),
    "ends_soon": (_("Ends soon"), lambda: releases(until__range=(today(), notice_ends()))),
    # Decided, but without a Release whose last day is today or later.
    "held": (_("Held: something is missing"), lambda: ~is_undecided() & ~releases(until__gte=today())),
}


def with_consent(stories):
    """Annotate `stories` with `consent_state`, a key of STATES, and `consent_until`, a date or None.

    `consent_until` is the last day on which everything that the story shows is agreed to.
    """
    states = [When(condition(), then=Value(key)) for key, (_label, condition) in STATES.items()]
    state = Case(*states, output_field=CharField())
    until = Subquery(Release.objects.filter(page=OuterRef("pk")).values("until"))
    return stories.annotate(consent_state=state, consent_until=until)


def describe(story):
    """Return the text of the column for `story`, which with_consent() annotated."""
    if story.consent_state == "in_order":
        return _("In order until %s") % format_day(story.consent_until)
    if story.consent_state == "ends_soon":
        return _("Ends soon: %s") % format_day(story.consent_until)
    return STATES[story.consent_state][0]


def list_part():
    """Hook "register_story_list_part": return the column, the filter and the annotation."""
    return {
        "column": Column("consent", label=_("Consent"), accessor=describe, sort_key="consent_until"),
        "filters": {"consent": AnyOf(STATES, label=_("Consent"))},
        "annotate": with_consent,
    }
