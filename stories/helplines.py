"""The StreamField block of helplines: by country, with the day on which somebody checked each number."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.fields import NoFutureDateValidator

from caching.local_date import today
from stories.link_blocks import LINKS
from stories.picture_blocks import optional_text
from stories.terms import NO_PLACES, country_names, fold

# After so long without a check, a number is on the desk, and then readers are told.
CHECK_AGAIN, DOUBTFUL = timedelta(days=180), timedelta(days=270)
# The template takes the spaces and hyphens out of the address "tel:".
DIALLED = RegexValidator(r"\A\+?[0-9][0-9 -]*\Z", _("Only the digits 0 to 9, spaces, hyphens and a first +."))
COSTS = [("free", _("Free to call")), ("paid", _("Calls cost money"))]


def country_choices():
    """Return the (code, name) of each country, by name in the active language."""
    names = country_names(get_language() or "en").items()
    choices = [(code, name) for code, name in names if len(code) == 2 and code not in NO_PLACES]
    return sorted(choices, key=lambda choice: fold(choice[1]))


class HelplineValue(blocks.StructValue):
    @property
    def is_doubtful(self):
        return today() - self["checked_on"] > DOUBTFUL


class HelplinesValue(blocks.StructValue):
    @property
    def countries(self):
        """[(name of a country, its helplines)] in the alphabet of the active language."""
        given = self["helplines"]
        found = {
            name: [each for each in given if each["country"] == code] for code, name in country_choices()
        }
        return [(name, helplines) for name, helplines in found.items() if helplines]


class HelplineBlock(blocks.StructBlock):
    country = blocks.ChoiceBlock(label=_("Country"), choices=country_choices)
    name = blocks.CharBlock(label=_("Who answers"), max_length=120)
    number = optional_text(_("Number"), max_length=30, validators=[DIALLED])
    cost = blocks.ChoiceBlock(label=_("Cost"), choices=COSTS, required=False, search_index=False)
    hours = optional_text(_("Hours"), max_length=120)
    languages = optional_text(_("Languages"), max_length=200)
    chat = blocks.URLBlock(label=_("Address of a chat"), required=False, default="")
    page = blocks.URLBlock(label=_("Official page with the number"), required=False, default="")
    checked_on = blocks.DateBlock(label=_("Checked on"), required=False, validators=[NoFutureDateValidator()])
    checked_by = optional_text(_("Checked by (not shown)"), search_index=False)

    def clean(self, value):
        value = super().clean(value)
        field = "checked_on" if value["number"] else "page"
        if value[field] or self.is_deferred_validation:  # Wagtail sets it for a draft.
            return value
        text = _("Give a number and the day on which it was checked, or else the page that has it.")
        raise StructBlockValidationError({field: ValidationError(text)})

    class Meta:
        label = _("Helpline")
        label_format = "{name}"
        value_class = HelplineValue


class HelplinesBlock(blocks.StructBlock):
    helplines = blocks.ListBlock(HelplineBlock(), label=_("Helplines"), min_num=1)

    class Meta:
        icon = "mobile-alt"
        group = LINKS
        label = _("Helplines")
        template = "stories/blocks/helplines.html"
        value_class = HelplinesValue
        description = _("Numbers to call, by country. Those of the help page are on the outage page too.")
        preview_value = {
            "helplines": [{"country": "AQ", "name": _("A helpline"), "page": "https://example.org"}]
        }
