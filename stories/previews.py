"""Example values for the previews in the admin's block chooser, for blocks that need more than plain text.

pictures(), document() and table() are each the `preview_value` of a block in stories/blocks.py. Wagtail calls
them for each preview.
"""

from django.utils.translation import gettext
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from media.access import is_public

# The number of files that newest_public() looks at.
MAX_TRIED = 20


def newest_public(model):
    """Return the newest public file among the last MAX_TRIED of `model`, or None.

    All editors see the preview, also those who may not see every file of the library.
    """
    return next(filter(is_public, model.objects.order_by("-created_at")[:MAX_TRIED]), None)


def pictures():
    """Return a value for PicturesBlock with the newest public image, or with None in its place."""
    image = newest_public(get_image_model())
    if image:
        # The attributes that Wagtail's ImageBlock gives to its images.
        image.contextual_alt_text, image.decorative = "", True
    return {"pictures": [{"image": image, "caption": gettext("A caption says what can't be seen.")}]}


def document():
    """Return a value for DocumentBlock with the newest public document, or with None in its place."""
    return {
        "document": newest_public(get_document_model()),
        "title": gettext("Questions to ask before you go"),
    }


def table():
    """Return a value for TableBlock: two columns and one row."""
    return {
        "caption": gettext("Who helps with what"),
        "columns": [
            {"type": "text", "heading": gettext("Question")},
            {"type": "text", "heading": gettext("Ask")},
        ],
        "rows": [{"values": [gettext("Wages not paid"), gettext("The labour office")]}],
    }
