"""The blocks that other blocks contain: those with one picture, and those for a line of text."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

from media.people import shows_nobody


def optional_text(label, **options):
    """Return a block for a line of text that may stay empty. `options`: further ones of CharBlock."""
    return blocks.CharBlock(label=label, required=False, default="", **options)


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

    @staticmethod
    def stored(value):
        """Return `value`, which is stored, as a dictionary. Wagtail also takes a primary key or null."""
        return {"image": None} | (value if isinstance(value, dict) else {"image": value})


class PictureBlock(blocks.StructBlock):
    """A picture with words about it, which readers see only together with the picture."""

    image = DescribedPictureBlock(label=_("Picture"))
    caption = optional_text(_("Caption"), max_length=300)

    def get_searchable_content(self, value):
        # The search index has no words about pictures with people (media/people.py).
        image = value["image"]
        return super().get_searchable_content(value) if image and shows_nobody(image) else []

    def stored(self, value):
        """Return what is stored of the picture as a dictionary, with the caption."""
        return value | self.child_blocks["image"].stored(value.get("image"))

    class Meta:
        icon = "image"
        label = _("Picture")
        label_format = "{caption}"


# The classes of parts of a block that are a picture: stories/body.py.
PICTURES = (DescribedPictureBlock, PictureBlock)
