"""The ten blocks that the body of a page is made of."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

from media.models import load_renditions
from publishing.visibility import restrictions_on
from stories import previews
from stories.languages import language_choices, language_name
from stories.templatetags.links import web_address

WORDS = _("Words")
PICTURES = _("Pictures and files")
LINKS = _("Ways on")

TEXT_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link"]
PLAIN_FEATURES = ["bold", "italic", "link"]


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


def heading_id(block_id):
    """Return the address of a heading in its page: it stays when the words or the order change."""
    return f"section-{block_id[:8]}" if block_id else None


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Picture"))
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=300)

    class Meta:
        icon = "image"
        label = _("Picture")
        label_format = "{caption}"


class PicturesBlock(blocks.StructBlock):
    pictures = blocks.ListBlock(PictureBlock(), label=_("Pictures"), min_num=1, max_num=12)

    class Meta:
        icon = "image"
        group = PICTURES
        label = _("Pictures")
        label_format = _("Pictures")
        template = "stories/blocks/pictures.html"
        description = _("One picture with a caption, or several as a gallery.")
        preview_value = staticmethod(previews.pictures)


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Words"), rows=4)
    attribution = blocks.CharBlock(
        label=_("Who said it"),
        required=False,
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

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        if value.get("language"):
            context["language_name"] = language_name(value["language"])
        return context

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


class CalloutBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=[*PLAIN_FEATURES, "ul"])
    source = blocks.CharBlock(
        label=_("Source"), required=False, max_length=200, help_text=_("Where the fact comes from.")
    )
    source_url = blocks.URLBlock(label=_("Address of the source"), required=False)

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


class DocumentBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Document"))
    title = blocks.CharBlock(
        label=_("Link text"),
        max_length=160,
        help_text=_("What readers get. Name nobody who must stay unnamed."),
    )

    class Meta:
        icon = "doc-full"
        group = PICTURES
        label = _("Document")
        template = "stories/blocks/document.html"
        description = _("A file to download. Its kind and size are shown before the click.")
        preview_value = staticmethod(previews.document)


class MediaLinkValue(blocks.StructValue):
    @property
    def provider(self):
        """The name of the host that the link leads to, as readers know it."""
        return (urlsplit(self.get("url") or "").hostname or "").removeprefix("www.")


class MediaLinkBlock(blocks.StructBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"), choices=[("video", _("Video")), ("audio", _("Audio"))], default="video"
    )
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    url = blocks.URLBlock(
        label=_("Address"),
        help_text=_("The page where it plays. Nothing of that page is loaded before a reader goes there."),
    )
    minutes = blocks.IntegerBlock(label=_("Length in minutes"), required=False, min_value=1, max_value=600)
    poster = ImageBlock(label=_("Still picture"), required=False)
    transcript = blocks.RichTextBlock(
        label=_("Transcript"),
        required=False,
        features=["bold", "italic", "ul"],
        help_text=_("For deaf readers, and for all who can't afford to load the video."),
    )

    class Meta:
        icon = "media"
        group = LINKS
        label = _("Video or audio")
        template = "stories/blocks/media_link.html"
        value_class = MediaLinkValue
        description = _("A link to a film or a recording on another site, with its length and transcript.")
        preview_value = {
            "kind": "video",
            "title": _("The road home"),
            "url": "https://example.org/film",
            "minutes": 6,
        }


class ActionValue(blocks.StructValue):
    @cached_property
    def href(self):
        """Where the button leads, or None when its page is not public, or the address none of the web."""
        page = self.get("page")
        if not page:
            return web_address(self.get("url")) or None
        is_public = page.live and not restrictions_on(page).exists()
        return page.url if is_public else None


class ActionBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=120)
    text = blocks.TextBlock(label=_("Text"), required=False, rows=2)
    label = blocks.CharBlock(label=_("Button"), max_length=60)
    page = blocks.PageChooserBlock(label=_("Page of this site"), required=False)
    url = blocks.URLBlock(label=_("Or another address"), required=False)

    def clean(self, value):
        value = super().clean(value)
        if value.get("page") and value.get("url"):
            error = ValidationError(_("Choose a page or give an address, not both."))
        elif not (value.get("page") or value.get("url") or self.is_deferred_validation):
            error = ValidationError(_("Choose a page, or give an address below."))
        else:
            return value
        raise StructBlockValidationError(block_errors={"page": error})

    class Meta:
        icon = "link"
        group = LINKS
        label = _("Action")
        template = "stories/blocks/action.html"
        value_class = ActionValue
        description = _("A button that asks readers to do one thing.")
        preview_value = {
            "heading": _("Need help now?"),
            "label": _("Get help"),
            "url": "https://example.org/",
        }


class ChosenStoriesBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, default=_("More stories"))
    stories = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="stories.StoryPage", label=_("Story")),
        label=_("Stories"),
        min_num=1,
        max_num=6,
    )

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context=parent_context)
        StoryPage = self.child_blocks["stories"].child_block.target_model
        chosen = [page.pk for page in value["stories"] if page]
        context["stories"] = StoryPage.objects.published().in_order(chosen).for_cards()
        return context

    class Meta:
        icon = "list-ul"
        group = LINKS
        label = _("Chosen stories")
        template = "stories/blocks/chosen_stories.html"
        description = _("Stories of this site to read next. Those that are not public are left out.")
        preview_value = staticmethod(previews.chosen_stories)


class TableBlock(TypedTableBlock):
    text = blocks.CharBlock(label=_("Text"), required=False)
    number = blocks.DecimalBlock(label=_("Number"), required=False)
    link = blocks.RichTextBlock(label=_("Text with links"), required=False, features=PLAIN_FEATURES)

    class Meta:
        icon = "table"
        group = WORDS
        label = _("Table")
        template = "stories/blocks/table.html"
        description = _("Facts in rows and columns. Give every column a heading.")
        preview_value = staticmethod(previews.table)


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        group = WORDS
        label = _("Text")
        template = "stories/blocks/text.html"
        description = _("Paragraphs, lists and links. Text pasted from Word keeps its structure.")
        preview_value = _(
            "<p>Every story here was told by a person who chose to tell it. Take your time with it.</p>"
        )


class StoryBody(blocks.StreamBlock):
    """The body of every page of the site."""

    heading = HeadingBlock()
    text = TextBlock(features=TEXT_FEATURES)
    pictures = PicturesBlock()
    quote = QuoteBlock()
    callout = CalloutBlock()
    document = DocumentBlock()
    media_link = MediaLinkBlock()
    action = ActionBlock()
    chosen_stories = ChosenStoriesBlock()
    table = TableBlock()

    class Meta:
        template = "stories/blocks/body.html"

    def get_context(self, value, parent_context=None):
        load_renditions(pictures_in(value))
        return super().get_context(value, parent_context=parent_context)


def pictures_in(body):
    """Return the images that the StreamValue `body` shows, as far as they still exist."""
    images = []
    for block in body:
        if block.block_type == "pictures":
            images += [picture["image"] for picture in block.value["pictures"]]
        elif block.block_type == "media_link":
            images.append(block.value["poster"])
    return [image for image in images if image]


# Blocks whose value needs no other object of the database.
BLOCKS_OF_WORDS = {"heading", "text", "quote", "callout", "table"}


def words_of(body):
    """Yield the texts of the StreamValue `body`, block by block, without asking the database.

    Captions and alternative texts are read as they are stored, as a picture would have to be loaded.
    """
    for number, stored in enumerate(body.raw_data):
        if stored["type"] in BLOCKS_OF_WORDS:
            block = body[number]
            yield " ".join(block.block.get_searchable_content(block.value))
        elif stored["type"] == "pictures":
            for item in stored["value"]["pictures"]:
                picture = item.get("value", item)  # lists are stored in two ways
                yield f"{picture.get('caption', '')} {picture['image'].get('alt_text', '')}"


def table_of_contents(body):
    """Return (address in the page, text) for each section heading of the StreamValue `body`."""
    return [
        (heading_id(block.id), block.value["text"])
        for block in body
        if block.block_type == "heading" and block.value["level"] == "2"
    ]
