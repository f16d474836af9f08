"""The block with one picture and its alternative text, which other blocks contain."""

from django.utils.translation import gettext_lazy as _
from wagtail.images.blocks import ImageBlock


class DescribedPictureBlock(ImageBlock):
    """Wagtail's ImageBlock with a label for its chooser, which is "Image" in all languages there."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.child_blocks["image"].label = _("Picture")
