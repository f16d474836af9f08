"""The StreamField blocks of a page's body: StoryBody, and the blocks for words, pictures and files."""

import re

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock

from media.models import load_renditions
from stories import previews
from stories.block_values import PicturesValue
from stories.body import get_images
from stories.helplines import HelplinesBlock
from stories.languages import language_choices
from stories.link_blocks import ActionBlock, ChosenStoriesBlock, MediaLinkBlock
from stories.picture_blocks import PictureBlock, optional_text
from stories.quotation_marks import strip_marks
from stories.table_block import PastableTableBlock
from stories.voices import find_voices

# Headings under which the block chooser lists the blocks (Meta.group).
WORDS = _("Words")
PICTURES = _("Pictures and files")

# Rich text features: for the text of a page, and for short texts such as an introduction or a table cell.
TEXT_FEATURES = ["h2", "h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link"]
PLAIN_FEATURES = ["bold", "italic", "link"]
# The HTML of a text without words.
EMPTY_TEXT = re.compile(r"(?:\s|</?(?:p|br)\b[^>]*>)*")


class HeadingBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Heading"), max_length=160)
    level = blocks.ChoiceBlock(
        label=_("Size"),
        choices=[("2", _("Section")), ("3", _("Part of a section")), ("4", _("Smallest"))],
        default="2",
    )

    class Meta:
        icon = "title"
        group = WORDS
        label = _("Heading")
        template = "stories/blocks/heading.html"
        description = _("Begins a new section. Sections are listed in the table of contents.")
        preview_value = {"text": _("What changed afterwards"), "level": "2"}


class PicturesBlock(blocks.StructBlock):
    pictures = blocks.ListBlock(PictureBlock(), label=_("Pictures"), min_num=1, max_num=12)

    class Meta:
        icon = "image"
        group = PICTURES
        label = _("Pictures")
        label_format = _("Pictures")
        template = "stories/blocks/pictures.html"
        value_class = PicturesValue
        description = _("One picture with a caption, or several as a gallery.")
        preview_value = staticmethod(previews.pictures)


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Words"), rows=2)  # The field grows with its text.
    attribution = optional_text(
        _("Who said it"),
        max_length=160,
        help_text=_("The name they agreed to, or a description such as “A survivor in Senegal”."),
    )
    own_words = blocks.BooleanBlock(
        label=_("In their own words"),
        required=False,
        help_text=_("Tick only when a survivor said exactly this."),
    )
    language = blocks.ChoiceBlock(
        label=_("Language of the words"),
        choices=language_choices,
        required=False,
        help_text=_("When it is not the language of the page. Screen readers then say it right."),
    )
    spoken_in = blocks.ChoiceBlock(
        label=_("Spoken in"),
        choices=language_choices,
        required=False,
        help_text=_("When the words above are a translation: the language in which they were said."),
    )

    def clean(self, value):
        value = super().clean(value)
        value["text"] = strip_marks(value["text"])
        return value

    class Meta:
        icon = "openquote"
        group = WORDS
        label = _("Quote")
        label_format = "{text}"
        template = "stories/blocks/quote.html"
        description = _("Somebody's exact words, set apart.")
        preview_value = {
            "text": _("No one shall be held in slavery or servitude."),
            "attribution": _("Universal Declaration of Human Rights, article 4"),
        }
        form_layout = [
            *("text", "attribution", "own_words"),
            blocks.BlockGroup(
                ["language", "spoken_in"],
                heading=_("In another language"),
                label_format="",
                classname="collapsed",
            ),
        ]


class CalloutBlock(blocks.StructBlock):
    title = optional_text(_("Title"), max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=[*PLAIN_FEATURES, "ul"])
    source = optional_text(_("Source"), max_length=200, help_text=_("Where the fact comes from."))
    source_url = blocks.URLBlock(label=_("Address of the source"), required=False, default="")

    class Meta:
        icon = "info-circle"
        group = WORDS
        label = _("Key fact")
        template = "stories/blocks/callout.html"
        description = _("A fact or an explanation beside the story, with its source.")
        preview_value = {
            "title": _("What is debt bondage?"),
            "text": _("<p>Work demanded as the only way to repay a debt, with no end in sight.</p>"),
            "source": _("A public source"),
        }
        form_layout = [
            *("title", "text"),
            blocks.BlockGroup(["source", "source_url"], heading=_("Source"), classname="collapsed"),
        ]


class DocumentBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Document"))
    title = blocks.CharBlock(
        label=_("Link text"),
        max_length=160,
        help_text=_("What readers get. Name only people who may be named."),
    )

    class Meta:
        icon = "doc-full"
        group = PICTURES
        label = _("Document")
        template = "stories/blocks/document.html"
        description = _("A file to download. Its kind and size are shown before the click.")
        preview_value = staticmethod(previews.document)


class TableBlock(PastableTableBlock):
    text = optional_text(_("Text"))
    number = blocks.DecimalBlock(label=_("Number"), required=False)
    link = blocks.RichTextBlock(label=_("Text with links"), required=False, features=PLAIN_FEATURES)

    class Meta:
        icon = "table"
        group = WORDS
        label = _("Table")
        template = "stories/blocks/table.html"
        description = _("Facts in rows and columns. Give every column a heading.")
        help_text = _(
            "To bring in a table, copy its cells in Word or Excel and paste them into the caption here. "
            "Lines of plain text stay in the caption."
        )
        preview_value = staticmethod(previews.table)


class TextBlock(blocks.RichTextBlock):
    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)  # StoryBody leaves out an empty one.

    class Meta:
        icon = "pilcrow"
        group = WORDS
        label = _("Text")
        template = "stories/blocks/text.html"
        description = _("Paragraphs, lists and links. Text pasted from Word keeps its structure.")
        preview_value = _(
            "<p>Every story here was told by a person who chose to tell it. Take your time with it.</p>"
        )


def is_empty_text(child):
    """Return whether `child`, a block of a body, is a text without words."""
    return isinstance(child.block, TextBlock) and EMPTY_TEXT.fullmatch(child.value.source)


class StoryBody(blocks.StreamBlock):
    """The body of a page, of every page type that has one."""

    heading = HeadingBlock()
    text = TextBlock(features=TEXT_FEATURES)
    pictures = PicturesBlock()
    quote = QuoteBlock()
    callout = CalloutBlock()
    document = DocumentBlock()
    media_link = MediaLinkBlock()
    action = ActionBlock()
    chosen_stories = ChosenStoriesBlock()
    helplines = HelplinesBlock()
    table = TableBlock()

    class Meta:
        template = "stories/blocks/body.html"

    def clean(self, value):
        """Return `value` without empty texts, such as the one that the form of a new story begins with."""
        cleaned = super().clean(value)
        kept = [(child.block_type, child.value, child.id) for child in cleaned if not is_empty_text(child)]
        found = blocks.StreamValue(self, kept)
        return found if kept else super().clean(found)  # It refuses to publish nothing.

    # For publishing/people.py.
    find_images = staticmethod(get_images)
    find_voices = staticmethod(find_voices)

    def get_context(self, value, parent_context=None):
        load_renditions(get_images(value))  # with one query for all pictures
        return super().get_context(value, parent_context=parent_context)
