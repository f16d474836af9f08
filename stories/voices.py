"""Whose voices are heard in the films and recordings of a page. A voice is as recognisable as a picture."""

from django.utils.functional import cached_property
from wagtail.blocks import ChooserBlock, StructBlock

from safeguarding.choosers import contributor_chooser
from safeguarding.models import Contributor
from safeguarding.scopes import Voice
from stories.body import parts_in, parts_of

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

    bulk_to_python = get_prep_value = to_python

    def value_from_form(self, value):
        return getattr(value, "pk", value)

    def extract_references(self, value):
        if value:
            yield Contributor, str(value), "", ""


class RecordingBlock(StructBlock):
    """A block in which somebody can be heard. Its `voice` says how, and the PersonBlocks in it say who."""


def find_voices(body):
    """Return {primary key of a person: Voice}, and the list of the titles of recordings without an answer.

    It reads what is stored. An answer that contradicts the list of people is none, nor is a person who is
    deleted.
    """
    voices, unanswered = {}, []
    for block, value in parts_in(body, RecordingBlock):
        if isinstance(block, RecordingBlock):
            voice = value.get("voice") or ""
            heard = [key for each, key in parts_of(block, value) if isinstance(each, PersonBlock)]
            if not voice or (voice == NOBODY) == bool(heard) or None in heard:
                unanswered.append(value.get("title", ""))
            voices |= {key: max(int(voice or 0), voices.get(key, Voice.NONE)) for key in heard if key}
    if voices:
        known = set(Contributor.objects.filter(pk__in=voices).values_list("pk", flat=True))
        unanswered += [""] if voices.keys() - known else []
        voices = {key: voice for key, voice in voices.items() if key in known}
    return voices, unanswered
