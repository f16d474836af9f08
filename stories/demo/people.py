"""Records the people in the demo's stories and their consents, as the safeguarding team and editors would."""

import datetime

from django.conf import settings
from django.utils import timezone

from caching.local_date import today
from safeguarding.models import Consent, Contributor, Reading
from safeguarding.scopes import Channel

# The fields in people.toml that are stored encrypted, and the day on which a proposal was written down.
RESTRICTED = ("label", "names", "contact", "safe_contact_note", "proposal", "proposed_at")


def record(row):
    """Record the person of `row`, a row of people.toml, with a consent if it has one. Return the Contributor.

    The restricted fields are invented. They are stored only in try-out mode (the setting TRY_OUT), where
    nobody takes them for real.
    """
    names = ["code", "kind", "has_children", *(RESTRICTED if settings.TRY_OUT else ())]
    person = Contributor.objects.create(**{name: row[name] for name in names if name in row})
    if "given_days_ago" in row:
        Consent.objects.create(
            contributor=person,
            given_on=today() - datetime.timedelta(days=row["given_days_ago"]),
            ends_on=today() + datetime.timedelta(days=row["ends_in_days"]),
            naming=row["naming"],
            where=Channel.values,
            # The questions of the form: are there legal proceedings, is the person in a programme of ours,
            # was it explained what publishing means?
            proceedings=False,
            in_programme=row.get("in_programme", False),
            explained=True,
            final_text=row.get("final_text", Consent.FinalText.NO),
        )
    return person


def read(page, revision):
    """Record that everybody in `page` was shown `revision`, a version of it, and agreed to it."""
    for use in page.report_people().uses:
        shown = {
            "page": page,
            "revision": revision,
            "digest": use.digest,
            "contributor_id": use.contributor_id,
        }
        days = dict.fromkeys(("ends_at", "answered_at"), timezone.now())
        Reading.objects.create(agrees=True, language=page.locale.language_code, **shown, **days)
