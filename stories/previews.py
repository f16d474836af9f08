"""What the block chooser of the admin shows for the blocks that need something from the library."""

from django.utils.translation import gettext
from wagtail.documents import get_document_model
from wagtail.images import get_image_model


def pictures():
    """Return a value for the pictures block with the library's newest picture, if there is one."""
    image = get_image_model().objects.order_by("-created_at").first()
    if image:
        image.contextual_alt_text, image.decorative = "", True
    return {"pictures": [{"image": image, "caption": gettext("A caption says what can't be seen.")}]}


def document():
    """Return a value for the document block with the library's newest document, if there is one."""
    return {
        "document": get_document_model().objects.order_by("-created_at").first(),
        "title": gettext("Questions to ask before you go"),
    }


def chosen_stories():
    """Return a value for the chosen stories block with the newest public story, if there is one."""
    from stories.models import StoryPage

    return {
        "heading": gettext("More stories"),
        "stories": list(StoryPage.objects.published().newest_first()[:1]),
    }


def table():
    """Return a value for the table block."""
    return {
        "caption": gettext("Who helps with what"),
        "columns": [
            {"type": "text", "heading": gettext("Question")},
            {"type": "text", "heading": gettext("Ask")},
        ],
        "rows": [{"values": [gettext("Wages not paid"), gettext("The labour office")]}],
    }
