"""Whose voices are heard in the films and recordings of a page. A voice is as recognisable as a picture."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock

from safeguarding.choosers import contributor_chooser
from safeguarding.models import Contributor
from safeguarding.scopes import Voice

# The answer that nobody who is in the page is heard, as it is stored.
NOBODY = str(Voice.NONE.value)


class PersonBlock(ChooserBlock):
    """Chooses a person. Its value is the primary key, because the pages of readers need no more."""

    target_model = Contributor

    @cached_property
    def widget(self):
        return contributor_chooser.widget_class()

    def to_python(self, value):
        return value

    def bulk_to_python(self, values):
        return values

    get_prep_value = to_python

    def value_from_form(self, value):
        return getattr(value, "pk", value)

    def clean(self, value):
        return self.value_from_form(super().clean(value))

    def extract_references(self, value):
        if value:
            yield Contributor, str(value), "", ""


def find_voices(body):
    """Return {primary key of a person: Voice}, and the list of the titles of recordings without an answer.

    It reads what is stored. An answer that contradicts the list of people is none, nor is a person who is
    deleted.
    """
    voices, unanswered = {}, []
    for stored in body.raw_data:
        if stored["type"] == "media_link":
            voice, items = stored["value"].get("voice") or "", stored["value"].get("speakers") or ()
            # Wagtail stores the items of a ListBlock in two ways: stories/body.py.
            heard = [item["value"] if isinstance(item, dict) else item for item in items]
            if not voice or (voice == NOBODY) == bool(heard) or None in heard:
                unanswered.append(stored["value"].get("title", ""))
            voices |= {key: max(int(voice or 0), voices.get(key, Voice.NONE)) for key in heard if key}
    if voices:
        known = set(Contributor.objects.filter(pk__in=voices).values_list("pk", flat=True))
        unanswered += [""] if voices.keys() - known else []
        voices = {key: voice for key, voice in voices.items() if key in known}
    return voices, unanswered
