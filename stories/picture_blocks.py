"""The block with one picture and its alternative text, which other blocks contain."""

from django.utils.translation import gettext_lazy as _
from wagtail.images.blocks import ImageBlock

from media.people import shows_nobody


class DescribedPictureBlock(ImageBlock):
    """Wagtail's ImageBlock with a label for its chooser, which is "Image" in all languages there."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.child_blocks["image"].label = _("Picture")

    def get_searchable_content(self, value):
        # The search index has no words about pictures with people: words_for_index() in media/people.py.
        return super().get_searchable_content(value) if value and shows_nobody(value) else []
