"""Records the people in the demo's stories and their consents, as a member of the safeguarding team would."""

import datetime

from django.conf import settings

from caching.local_date import today
from safeguarding.models import Consent, Contributor
from safeguarding.scopes import Channel

# The fields in people.toml that are stored encrypted, and that only the safeguarding team can read.
RESTRICTED = ("names", "contact", "safe_contact_note")


def record(row):
    """Record the person of `row`, a row of people.toml, with a consent. Return the Contributor.

    The restricted fields are invented. They are stored only in try-out mode (the setting TRY_OUT), where
    nobody takes them for real.
    """
    restricted = {name: row[name] for name in RESTRICTED} if settings.TRY_OUT else {}
    person = Contributor.objects.create(
        code=row["code"], kind=row["kind"], has_children=row.get("has_children"), **restricted
    )
    Consent.objects.create(
        contributor=person,
        given_on=today() - datetime.timedelta(days=row["given_days_ago"]),
        ends_on=today() + datetime.timedelta(days=row["ends_in_days"]),
        naming=row["naming"],
        where=[Channel.WEBSITE, Channel.OTHER_LANGUAGES],
        # The questions of the form: are there legal proceedings, is the person in a programme of ours, was it
        # explained what publishing means?
        proceedings=False,
        in_programme=False,
        explained=True,
    )
    return person
