"""Decides whether a page may show and name a person as it does, and until which day.

docs/decisions/safeguarding.md has the table of the conditions. What is unknown counts as not agreed.
"""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from safeguarding.models import Consent, Decision
from safeguarding.scopes import Channel, Naming, Picture, Voice
from safeguarding.status import REFUSED, Status, counts_as_child, get_last_day


class Unmet(models.TextChoices):
    """A condition that is not met, with what to do about it. "%(code)s" is the code of the person.

    The first four have the value of the `Status` that they are about.
    """

    HELD = "held", _("%(code)s is taken down: ask the safeguarding team.")
    WITHDRAWN = (
        "withdrawn",
        _(
            "%(code)s has withdrawn the consent: take this person out of the words, the pictures and the "
            "list of people. If the page is about nobody else, ask the safeguarding team instead."
        ),
    )
    NONE = "none", _("There is no consent of %(code)s yet: write it down, or ask the safeguarding team.")
    ENDED = (
        "ended",
        _(
            "The consent of %(code)s has ended, or ends before the page goes live: ask the safeguarding "
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
        _(
            "A picture shows %(code)s in a way that this person did not agree to: choose another picture. "
            "What was agreed to is beside the code, under “People in this page”."
        ),
    )
    VOICE = (
        "voice",
        _(
            "A recording has the voice of %(code)s in a way that this person did not agree to: take it out, "
            "or link to one with the voice altered."
        ),
    )
    NAMING_UNKNOWN = (
        "naming_unknown",
        _("Choose under “Named in the page”, beside %(code)s, how the page names this person."),
    )
    NAMING = (
        "naming",
        _(
            "%(code)s did not agree to be named in this way: what was agreed to is beside the code. Change "
            "the name in the page, and then your choice under “Named in the page”."
        ),
    )
    PROCEEDINGS = (
        "proceedings",
        _("%(code)s may be in legal proceedings: the safeguarding team has to decide on this page."),
    )
    PROGRAMME = (
        "programme",
        _("%(code)s may be in a programme of yours: the safeguarding team has to decide on this page."),
    )
    GUARDIAN = "guardian", _("%(code)s is a child: ask the safeguarding team to record a guardian's consent.")
    CHILD_PICTURE = (
        "child_picture",
        _("%(code)s is a child and could be recognised in a picture: choose another picture."),
    )
    CHILD_VOICE = (
        "child_voice",
        _("%(code)s is a child and could be recognised by the voice: link to a recording with it altered."),
    )
    CHILD_NAME = (
        "child_name",
        _(
            "%(code)s is a child: use a changed name in the page, or none, and say so under “Named in "
            "the page”."
        ),
    )
    CHILD_DECISION = (
        "child_decision",
        _("%(code)s is a child: a member of the safeguarding team who did not write this has to decide."),
    )
    READING = "reading", _("%(code)s wants to see this version first: show it to the person.")
    REFUSED = (
        "refused",
        _("%(code)s said no to this version, or asked for a change: ask the safeguarding team about it."),
    )

    def describe(self, contributor):
        """Return the sentence for people who may see the page's draft. It names the person by the code."""
        text = self.label
        if contributor.proposed_at and self in WITHOUT_CONSENT:
            text = _("The consent of %(code)s is written down: the safeguarding team has to confirm it.")
        return text % {"code": contributor.code}


# The conditions that end when a consent is recorded.
WITHOUT_CONSENT = {Unmet.NONE, Unmet.ENDED}
# The conditions that are about pictures.
ABOUT_PICTURES = {Unmet.PICTURE, Unmet.CHILD_PICTURE}
# The conditions that are about voices.
ABOUT_VOICES = {Unmet.VOICE, Unmet.CHILD_VOICE}
# The conditions that an editor can meet. The safeguarding team can meet the others.
FOR_EDITORS = {Unmet.WITHDRAWN, Unmet.NAMING_UNKNOWN, Unmet.NAMING, Unmet.CHILD_NAME, Unmet.READING}
FOR_EDITORS |= ABOUT_PICTURES | ABOUT_VOICES
# The answers with which a person need not see each version. If nobody asked, the person has to.
UNSEEN = {Consent.FinalText.NO, Consent.FinalText.UNREACHABLE}


class PersonUse(NamedTuple):
    """How a page, or a picture on its own, shows and names one person.

    `picture`: a Picture. `naming`: a Naming, or None if no editor has answered how. `other_language`: whether
    the page is a translation. `voice`: a Voice. `digest`: a hash of what concerns the person, which readings
    are for.
    """

    contributor_id: int
    picture: int = Picture.NONE
    naming: int | None = None
    other_language: bool = False
    voice: int = Voice.NONE
    digest: str = ""


@dataclass
class Report:
    """What a page reports about the people in it.

    `is_decided`: whether an editor answered who is in it. `uses`: a PersonUse for each person, sorted by
    key. `digest`: a hash of the content, which decisions are for. `other_language`: whether it is translated.
    `is_unseen`: whether a lead still has to look at the answer, which may be that nobody is in it. `waits`:
    whether readers see it only then. `answer`: a hash of that and of what is shown with it. `pictures`: all.
    `has_unknown`: whether it is about somebody, and nobody could tell who, so that nobody could be asked.
    """

    is_decided: bool
    uses: list
    digest: str
    other_language: bool
    is_unseen: bool
    waits: bool
    answer: str
    pictures: list
    has_unknown: bool


class Verdict(NamedTuple):
    """The result of a check.

    `unmet`: list of the conditions that are not met. `until`: the last day on which all of them are met, or
    None if one is not met now.
    """

    unmet: list
    until: datetime.date | None


def judge(contributor, use, decisions, answers, day):
    """Return the Verdict on whether a page or picture may show and name `contributor` as in `use` on `day`.

    `use`: a PersonUse or Use. `decisions`: {ground: last day} of the decisions about this person and the
    content of the page. `answers`: list of (digest, whether they agreed) of what the person was shown of the
    page, the last answer last; None for a picture on its own, which nobody is shown.
    """
    consent, status = contributor.latest_consent, contributor.get_status(day)
    if status in REFUSED:
        return Verdict([Unmet(status.value)], None)
    check = Check(decisions, day)
    if not contributor.kind:
        # No lead has said yet whether this person is a child, so no decision counts.
        check.unmet.append(Unmet.NONE)
    elif status in {Status.NONE, Status.ENDED}:
        # There is no consent to compare the page with. A decision on another legal ground can replace it.
        check.ask_decision(Decision.Ground.OTHER, Unmet(status.value))
    else:
        check.last_days.append(get_last_day(contributor, consent))
        check_scope(check, consent, use)
    if use.naming is None:
        check.unmet.append(Unmet.NAMING_UNKNOWN)
    if contributor.kind and counts_as_child(contributor, day):
        check_child(check, consent, use)
    if answers is not None:
        check_reading(check, consent, use, answers)
    return check.verdict


class Check:
    """Collects the conditions that are not met, and the last days of the consent and decisions that count."""

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
        """Let a decision on `ground` count if there is one that has not ended. Otherwise add `unmet`."""
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
    check.require(use.voice <= consent.voice, Unmet.VOICE)
    check.require(use.naming is None or use.naming <= consent.naming, Unmet.NAMING)
    # None means that nobody asked. It counts as a yes, which needs a decision.
    if consent.proceedings is not False:
        check.ask_decision(Decision.Ground.PROCEEDINGS, Unmet.PROCEEDINGS)
    if consent.in_programme is not False:
        check.ask_decision(Decision.Ground.PROGRAMME, Unmet.PROGRAMME)


def check_child(check, consent, use):
    # Without a consent, judge() has asked for a decision instead. After a withdrawal it refuses.
    if consent:
        check.require(consent.given_by == Consent.GivenBy.GUARDIAN, Unmet.GUARDIAN)
    check.require(use.picture < Picture.RECOGNISABLE, Unmet.CHILD_PICTURE)
    check.require(use.voice < Voice.AS_IT_IS, Unmet.CHILD_VOICE)
    check.require(use.naming != Naming.REAL, Unmet.CHILD_NAME)
    check.ask_decision(Decision.Ground.CHILD, Unmet.CHILD_DECISION)


def check_reading(check, consent, use, answers):
    """Require a yes to this version of whoever wants to see it, or once said no. Let a no count.

    No decision replaces the yes.
    """
    given = dict(answers).get(use.digest)  # the last one
    has_refused = not all(agreed for _digest, agreed in answers)
    is_asked = has_refused or (consent and consent.final_text not in UNSEEN)
    check.require(given is not False, Unmet.REFUSED)
    check.require(given is not None or not is_asked, Unmet.READING)
