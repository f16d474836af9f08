"""The block with one picture and its alternative text, which other blocks contain."""

from django.utils.translation import gettext_lazy as _
from wagtail.images.blocks import ImageBlock

from media.people import shows_nobody


class DescribedPictureBlock(ImageBlock):
    """Wagtail's ImageBlock with a help text, and a translated label for its chooser.

    Wagtail's own label is "Image" in all languages.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.child_blocks["image"].label = _("Picture")
        self.child_blocks["alt_text"].field.help_text = _(
            "Say in a sentence what the picture shows, for those who can't see it. "
            "Leave out what could identify somebody."
        )

    def get_searchable_content(self, value):
        # The search index has no words about pictures with people (media/people.py).
        return super().get_searchable_content(value) if value and shows_nobody(value) else []
