"""The choices of a consent: how pictures may show a person, how texts may name them, and where."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

# The last day of a page about nobody, which no consent limits.
NO_END = datetime.date.max
# The longest time of a consent or decision, which also limits CONSENT_MONTHS. So the last day of a consent or
# decision is never NO_END.
MAX_MONTHS = 120
TOO_LATE = _("Choose a day within ten years.")  # MAX_MONTHS


class Picture(models.IntegerChoices):
    """How pictures may show a person, and how a page does. A greater value includes the smaller ones."""

    NONE = 0, _("In no picture")
    NOT_RECOGNISABLE = 1, _("In pictures, not recognisable")
    RECOGNISABLE = 2, _("In pictures, recognisable")


def level_of(is_recognisable):
    """Return what the people on a picture have to agree to, a Picture."""
    return Picture.RECOGNISABLE if is_recognisable else Picture.NOT_RECOGNISABLE


class Voice(models.IntegerChoices):
    """How the voice of a person may be heard, and how it is. A greater value includes the smaller ones."""

    NONE = 0, _("Voice not heard")
    ALTERED = 1, _("Voice altered")
    AS_IT_IS = 2, _("Voice as it is")


class Naming(models.IntegerChoices):
    """How a person may be named, and how a page does. A greater value includes the smaller ones."""

    NONE = 0, _("Not named")
    CHANGED = 1, _("By a changed name")
    REAL = 2, _("By the real name")


class Channel(models.TextChoices):
    """Where a story may be shown: the uses that OUTLETS in safeguarding/outlets.py asks for."""

    WEBSITE = "website", _("This website")
    OTHER_LANGUAGES = "languages", _("This website in other languages")
    SOCIAL = "social", _("Social media")
    PRINT = "print", _("Print")
    FUNDRAISING = "fundraising", _("Fundraising")
    PARTNERS = "partners", _("Partner organisations")


# The fields of a consent that say how much is agreed to, of which more includes less.
LEVELS = ("picture", "voice", "naming")


def limits_of(consent):
    """Return the most that `consent` agrees to, as in Restriction."""
    return {name: getattr(consent, name) for name in (*LEVELS, "where")}


# {Channel: what it means on this site}, for the form of a consent.
MEANINGS = {
    "website": _("everybody can read it here"),
    "languages": _("everybody can read a translation here"),
    "social": _("readers can share it, and other sites can show its picture and summary"),
    "print": _("readers can print it from this site"),
    "fundraising": _("it can stand beside a request for money"),
    # Anybody may read a feed.
    "partners": _(
        "any website or app can take its title and summary, show them, and keep them, even after a stop"
    ),
}
