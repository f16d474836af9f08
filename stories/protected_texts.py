"""Lists the texts of pages for the leak check, and registers pages, themes and authors for it.

The leak check looks for words that would give somebody away. safeguarding/leak_check/texts.py has
LocatedText, and sources.py the registry.
"""

import re
from collections import Counter
from itertools import count

from django.utils.translation import gettext as _
from wagtail.blocks import RichTextBlock
from wagtail.fields import StreamField
from wagtail.models import Page

from media.models import CleanImage
from safeguarding.leak_check.matching import MAYBE_SPACE
from safeguarding.leak_check.sources import register
from safeguarding.leak_check.texts import LocatedText, read_field, strings_in, text_fields
from stories.body import get_picture_keys, parts_of
from stories.picture_blocks import PICTURES, PictureBlock
from stories.terms import Author, Theme

END_OF_PARAGRAPH = re.compile(r"</(?:p|li|h\d)>")
# A list's tag can be all that is left between two ends of paragraphs.
LIST_TAG = re.compile(r"</?[ou]l>")


def read_page(page):
    """Yield a LocatedText for each text of `page` that readers can see, and for its slug.

    The page may be of any type.
    """
    labels = {
        "title": _("title"),
        "slug": _("address of the page"),
        "lead_image_alt": _("alternative text of the lead picture"),
    }
    for field in text_fields(type(page)):
        if isinstance(field, StreamField):
            yield from read_body(field.value_from_object(page), field.name)
        else:
            where = labels.get(field.name) or str(field.verbose_name)
            yield LocatedText(where, read_field(field, page), field.name)
    if getattr(page, "lead_image", None):
        yield LocatedText(_("credit of the lead picture"), page.lead_image.credit, "lead_image")
    if hasattr(page, "story_authors"):
        for row in page.story_authors.all():
            yield LocatedText(_("author"), str(row.author))
        for row in page.story_themes.all():
            yield LocatedText(_("theme"), f"{row.theme.name}\n{row.theme.slug}")


def read_body(body, field):
    """Yield the LocatedTexts in `body`, a StreamValue. `field`: the name of its field.

    Paragraphs and pictures are counted through the whole body. Other blocks have their label and a number.
    """
    numbers, paragraphs, pictures = Counter(), count(1), count(1)
    blocks = body.stream_block.child_blocks
    images = CleanImage.objects.in_bulk(get_picture_keys(body))
    for stored in body.raw_data:
        kind, words = stored["type"], []
        numbers[kind] += 1
        for part, value in parts_of(blocks[kind], stored["value"], PictureBlock):
            if isinstance(part, RichTextBlock) and part is blocks[kind]:
                for paragraph in split_paragraphs(value):
                    number = {"number": next(paragraphs)}
                    yield LocatedText(_("paragraph %(number)d") % number, paragraph, field)
            elif isinstance(part, PICTURES):
                yield from read_picture(part.stored(value), images, {"number": next(pictures)}, field)
            else:
                words += strings_in(value)
        # The cells of a table can be parts of one word.
        yield LocatedText(f"{blocks[kind].label} {numbers[kind]}", MAYBE_SPACE.join(words), field)


def split_paragraphs(text):
    """Return the paragraphs, headings and list items in `text`, HTML of the rich text editor."""
    return [each for each in END_OF_PARAGRAPH.split(text) if LIST_TAG.sub("", each).strip()]


def read_picture(picture, images, number, field):
    """Yield the LocatedTexts of a picture in a body.

    `picture`: what is stored of it. `images`: {primary key: image}. `number`: {"number": its number}.
    """
    yield LocatedText(_("caption of picture %(number)d") % number, picture.get("caption") or "", field)
    alternative = picture.get("alt_text") or ""
    yield LocatedText(_("alternative text of picture %(number)d") % number, alternative, field)
    if picture["image"] in images:
        yield LocatedText(_("credit of picture %(number)d") % number, images[picture["image"]].credit, field)


# A withdrawal erases or holds whole pages. Other words in pages are changed by hand.
register(Page, is_shown=True, read=read_page, live=lambda _model: Page.objects.live().specific(), erase=None)
register(Theme, is_shown=True)
register(Author, is_shown=True)
