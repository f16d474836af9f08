"""What stands against publishing what a page uses of a person, and until which day nothing does.

docs/decisions/safeguarding.md has the table of the conditions. An unknown counts as a no.
"""

import datetime
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from safeguarding.models import Consent, Contributor, Decision
from safeguarding.scopes import Channel, Naming, Picture
from safeguarding.status import REFUSED, Status, get_last_day


class Unmet(models.TextChoices):
    """A condition that is not met, with what to do about it. "%(code)s" is the code of the person."""

    HELD = (
        "held",
        _(
            "%(code)s is held back at the moment, so nothing about this person can be published: ask the "
            "safeguarding team."
        ),
    )
    WITHDRAWN = (
        "withdrawn",
        _("%(code)s has withdrawn the consent: take this person out of the story and its pictures."),
    )
    NONE = "none", _("There is no consent of %(code)s yet: ask the safeguarding team to record it.")
    ENDED = (
        "ended",
        _(
            "The consent of %(code)s has ended, or ends before the story goes live: ask the safeguarding "
            "team to renew it."
        ),
    )
    WEBSITE = "website", _("%(code)s did not agree to be on this website: ask the safeguarding team.")
    LANGUAGES = (
        "languages",
        _("%(code)s did not agree to be on this website in other languages: ask the safeguarding team."),
    )
    PICTURE = (
        "picture",
        _("A picture shows %(code)s in a way that this person did not agree to: choose another picture."),
    )
    NAMING_UNKNOWN = "naming_unknown", _("Say how %(code)s is named in the story.")
    NAMING = (
        "naming",
        _(
            "%(code)s did not agree to be named in this way: change the name in the story, and say so "
            "under “Named in the story”."
        ),
    )
    PROCEEDINGS = (
        "proceedings",
        _("%(code)s may be in legal proceedings: the safeguarding team has to decide on this story."),
    )
    PROGRAMME = (
        "programme",
        _("%(code)s may still be in a programme: the safeguarding team has to decide on this story."),
    )
    GUARDIAN = "guardian", _("%(code)s is a child: ask the safeguarding team to record a guardian's consent.")
    CHILD_PICTURE = (
        "child_picture",
        _("%(code)s is a child and could be recognised in a picture: choose another picture."),
    )
    CHILD_NAME = (
        "child_name",
        _(
            "%(code)s is a child: use a changed name in the story, or none, and say so under “Named in "
            "the story”."
        ),
    )
    CHILD_DECISION = (
        "child_decision",
        _(
            "%(code)s is a child: somebody of the safeguarding team who did not write this version has "
            "to decide on it."
        ),
    )

    def describe(self, contributor):
        """Return the sentence for people who may see the page's draft. It names the person by the code."""
        return self.label % {"code": contributor.code}


# The conditions that are about pictures.
ABOUT_PICTURES = {Unmet.PICTURE, Unmet.CHILD_PICTURE}


class PersonUse(NamedTuple):
    """What a page uses of one person. `naming`: None if it was not answered."""

    contributor_id: int
    picture: int = Picture.NONE
    naming: int | None = None
    other_language: bool = False


class Verdict(NamedTuple):
    """The conditions that are not met, and the last day for which that is the whole list.

    `until` is None if a condition is not met.
    """

    unmet: list
    until: datetime.date | None


def judge(contributor, use, decisions, day):
    """Return the Verdict about `use`, a PersonUse or Use, of `contributor` on `day`.

    `decisions`: {ground: last day} of the decisions about this person on this content.
    """
    consent, status = contributor.latest_consent, contributor.get_status(day).status
    if status in REFUSED:
        return Verdict([Unmet(status.value)], None)
    check = Check(decisions, day)
    if status in {Status.NONE, Status.ENDED}:
        check.ask_decision(Decision.Ground.OTHER, Unmet(status.value))
    else:
        check.last_days.append(get_last_day(contributor, consent))
        check_scope(check, consent, use)
    if use.naming is None:
        check.unmet.append(Unmet.NAMING_UNKNOWN)
    if is_child(contributor, day):
        check_child(check, consent, use)
    return check.verdict


def judge_picture(contributor, level, day):
    """Return the Verdict about a picture of `contributor` on `day`, on a page of any type.

    `level`: a Picture. Only a page can have a decision, so none counts here.
    """
    consent, status = contributor.latest_consent, contributor.get_status(day).status
    if status not in {Status.ACTIVE, Status.ENDS_SOON}:
        return Verdict([Unmet(status.value)], None)
    check = Check({}, day)
    check.last_days.append(get_last_day(contributor, consent))
    check.require(Channel.WEBSITE in consent.where, Unmet.WEBSITE)
    check.require(level <= consent.picture, Unmet.PICTURE)
    if is_child(contributor, day):
        check.require(consent.given_by == Consent.GivenBy.GUARDIAN, Unmet.GUARDIAN)
        check.require(level < Picture.RECOGNISABLE, Unmet.CHILD_PICTURE)
    return check.verdict


class Check:
    """Collects what is not met, and the days on which what was relied on ends."""

    def __init__(self, decisions, day):
        self.decisions, self.day = decisions, day
        self.unmet, self.last_days = [], []

    @property
    def verdict(self):
        return Verdict(self.unmet, None if self.unmet else min(self.last_days))

    def require(self, is_met, unmet):
        if not is_met:
            self.unmet.append(unmet)

    def ask_decision(self, ground, unmet):
        """Rely on the decision on `ground`, if there is one that has not ended. Otherwise note `unmet`."""
        last_day = self.decisions.get(ground)
        if last_day is None or last_day < self.day:
            self.unmet.append(unmet)
        else:
            self.last_days.append(last_day)


def check_scope(check, consent, use):
    """Compare `use` with what the person agreed to."""
    check.require(Channel.WEBSITE in consent.where, Unmet.WEBSITE)
    check.require(not use.other_language or Channel.OTHER_LANGUAGES in consent.where, Unmet.LANGUAGES)
    check.require(use.picture <= consent.picture, Unmet.PICTURE)
    check.require(use.naming is None or use.naming <= consent.naming, Unmet.NAMING)
    # None was not asked.
    if consent.proceedings is not False:
        check.ask_decision(Decision.Ground.PROCEEDINGS, Unmet.PROCEEDINGS)
    if consent.in_programme is not False:
        check.ask_decision(Decision.Ground.PROGRAMME, Unmet.PROGRAMME)


def is_child(contributor, day):
    is_adult = contributor.adult_on and contributor.adult_on <= day
    return contributor.kind == Contributor.Kind.CHILD and not is_adult


def check_child(check, consent, use):
    if consent and consent.event != Consent.Event.WITHDRAWN:
        check.require(consent.given_by == Consent.GivenBy.GUARDIAN, Unmet.GUARDIAN)
    check.require(use.picture < Picture.RECOGNISABLE, Unmet.CHILD_PICTURE)
    check.require(use.naming != Naming.REAL, Unmet.CHILD_NAME)
    check.ask_decision(Decision.Ground.CHILD, Unmet.CHILD_DECISION)
