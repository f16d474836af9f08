"""Sentences and days about consent, decisions and waiting pages, mostly for leads (Safeguarding)."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caching.local_date import today
from safeguarding.status import Status, get_last_day


def format_day(day):
    return formats.date_format(day, "DATE_FORMAT")


def describe_status(person):
    """Return a sentence about the consent of `person`, a Contributor, today."""
    status, consent = person.get_status(), person.latest_consent
    if status == Status.HELD:
        since = timezone.localdate(person.held_since, timezone.get_default_timezone())
        text = _(
            "Taken down on %s. No story or picture with this person is shown until you bring the person back."
        ) % format_day(since)
        told = _("The person sent the stop code: speak with them before.") if person.has_stopped else ""
        return f"{text} {told}".rstrip()
    if status == Status.WITHDRAWN:
        text = _("Withdrawn on %s. No story or picture with this person is shown.")
        return text % format_day(consent.given_on)
    if status == Status.NONE and person.proposed_at:
        return _("Somebody wrote down the consent. Confirm it as it is, or change it first.")
    if status == Status.NONE:
        return _("Nobody has asked this person yet. Ask the person, or have the person taken out.")
    last_day = format_day(get_last_day(person, consent))
    if status == Status.ENDED:
        return _("The consent ended on %s. Stories with this person come back when it is renewed.") % last_day
    if status == Status.ENDS_SOON:
        return _("Agreed until %s. Please ask again before then.") % last_day
    return _("Agreed until %s.") % last_day


def describe_end(decision):
    """Return a sentence about `decision`, a Decision that ends soon or has ended."""
    if decision.ends_on < today():
        text = _("The decision ended on %s. The story comes back when you decide again.")
    else:
        text = _("Decided until %s. Please decide again before then.")
    return text % format_day(decision.ends_on)


def describe_wait(page):
    """Return a sentence about how long `page`, one of waiting_pages(), has waited."""
    days = (timezone.now() - page.waits_since).days  # full 24 hours, so "today" may be since last evening
    waits = ngettext("Waits for %d day.", "Waits for %d days.", days)
    return waits % days if days else _("Waits since today.")
