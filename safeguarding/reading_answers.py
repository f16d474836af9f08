"""Records what somebody answered to a reading, and lets the page and the consent follow at once."""

import json

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from caching.local_date import today
from safeguarding.encryption import has_keys
from safeguarding.mails import mail_about
from safeguarding.models import Consent, Reading, Use
from safeguarding.readings import CHANGE, NO, YES, copy_refusals, open_readings
from safeguarding.releases import lock_pages_of, report_again
from safeguarding.scopes import Channel, limits_of
from safeguarding.withdrawal.tasks import note_restriction


@transaction.atomic
def record(reading, answers, user=None):
    """Store `answers` to `reading`: {question: [answer, words]}, or {"everything": ["no", ""]} for no to all.

    `user`: who enters them, by default who showed it.

    What is answered with a no leaves the consent. Raises ValueError if they are not the answers to its
    questions, or if the reading was answered or has ended. It does too if it agrees, and the version is none
    of the current ones, or the same person answered another one about the page since it began.
    """
    lock_pages_of(reading.contributor_id, reading.page_id)
    reading = open_readings(pk=reading.pk).select_for_update(no_key=True).first()
    if not (reading and has_keys()):
        raise ValueError("This reading can't be answered any more.")
    answers = check(reading, answers)
    needed = {*answers} - {*Channel.values}
    if reading.contributor and reading.is_current:
        needed |= {Channel.WEBSITE, *([Channel.OTHER_LANGUAGES] if reading.use.other_language else [])}
    reading.answers, reading.answered_at = json.dumps(answers), timezone.now()
    reading.agrees = all(answers[each][0] == YES for each in needed)
    if not reading.is_current and all(answer == YES for answer, _words in answers.values()):
        raise ValueError("The page has changed since this reading began.")
    later = Reading.objects.filter(page=reading.page_id, answered_at__gt=reading.started_at)
    later = later.filter(contributor=reading.contributor_id, second_reader=reading.second_reader_id)
    if reading.agrees and later.exists():
        raise ValueError("Another reading can't be undone any more by one that began before.")
    reading.user = user or reading.user
    reading.save(update_fields=["answers", "agrees", "answered_at", "user"])
    log(reading.contributor or reading.page, "safeguarding.read", user=reading.user)
    if reading.contributor:
        take_back({each for each, (answer, _words) in answers.items() if answer == NO}, reading)
        if not reading.agrees:
            # Without limits, the pages of the person are held after a restore, until a lead decides.
            note_restriction(reading.contributor)
            for use in Use.objects.filter(contributor=reading.contributor_id, digest=reading.digest):
                copy_refusals(use.page, pk=reading.pk)  # an older copy
            report_again([reading.page_id])  # The live version may not list the person.
    if any(answer != YES for answer, _words in answers.values()):
        transaction.on_commit(lambda: tell_leads(reading.page), robust=True)


def check(reading, answers):
    """Return `answers` in the order of the questions of `reading`. Raises ValueError if they don't fit."""
    questions = [question for question, _label in reading.questions]
    if answers == {"everything": [NO, ""]}:
        return {question: [NO, ""] for question in questions}
    # The version that would tell what was asked is gone, but not what is no yes.
    if {*answers} != {*questions} and (reading.is_current or not {*answers} <= {*questions}):
        raise ValueError("These are not the answers to the questions.")
    for question, (answer, _words) in answers.items():
        if answer not in {YES, NO, *(() if question in Channel.values else (CHANGE,))}:
            raise ValueError("There is no such answer.")
    return {question: answers[question] for question in questions if question in answers}


def take_back(uses, reading):
    """Record a consent without `uses`, a set of Channels, if the person has agreed to some of them.

    A consent that waits to be confirmed loses them too.
    """
    person, consent = reading.contributor, reading.contributor.latest_consent
    if proposed := person.proposed:
        person.proposal = json.dumps(proposed | {"where": [*{*proposed.get("where", ())} - uses]})
        person.save(update_fields=["proposal"])
    if not consent or consent.event == Consent.Event.WITHDRAWN or uses.isdisjoint(consent.where):
        return
    consent.pk, consent._state.adding = None, True  # a copy
    consent.where = [each for each in consent.where if each not in uses]
    consent.event, consent.given_on = Consent.Event.CHANGED, today()
    consent.interpreter, consent.recorded_by = reading.interpreter, reading.user
    consent.save()
    note_restriction(person, **limits_of(consent))


def tell_leads(page):
    """Mail the leads that an answer about `page` was not a yes. The mail has no words of the person."""
    text = _("Somebody who was shown a page said no to something, or asked for a change:")
    mail_about(page, _("A page was not agreed to"), lambda: text)
