"""The StreamField blocks that lead to other pages: a video or recording, an action, and chosen stories."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from safeguarding.scopes import Voice
from stories.block_values import ActionValue, MediaLinkValue
from stories.links import web_address
from stories.picture_blocks import DescribedPictureBlock, optional_text
from stories.voices import NOBODY, PersonBlock, RecordingBlock

# Heading under which the block chooser lists these blocks (Meta.group).
LINKS = _("Links to more")


class MediaLinkBlock(RecordingBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"), choices=[("video", _("Video")), ("audio", _("Audio"))], default="video"
    )
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    url = blocks.URLBlock(
        label=_("Address"),
        help_text=_("The page where it plays. Nothing of that page is loaded before a reader goes there."),
    )
    minutes = blocks.IntegerBlock(label=_("Length in minutes"), required=False, min_value=1, max_value=600)
    voice = blocks.ChoiceBlock(
        label=_("Voices"),
        # The first one is Voice.NONE with words of its own.
        choices=[(NOBODY, _("Nobody who is in this page is heard")), *list(Voice.choices)[1:]],
        required=False,
        search_index=False,
        help_text=_(
            "A voice can be recognised. Before the page is published, say whose voices are heard, and how."
        ),
    )
    speakers = blocks.ListBlock(PersonBlock(label=_("Person")), label=_("Who is heard"), default=[])
    poster = DescribedPictureBlock(label=_("Still picture"), required=False)
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


class ActionBlock(blocks.StructBlock):
    heading = optional_text(
        _("Heading"),
        max_length=120,
        help_text=_("For a help box. It and the text may stay empty: readers then see only the button."),
    )
    text = blocks.TextBlock(label=_("Text"), required=False, default="", rows=2)
    label = blocks.CharBlock(label=_("Button"), max_length=60, help_text=_("The words on the button."))
    page = blocks.PageChooserBlock(
        label=_("Page of this site"),
        required=False,
        help_text=_("Where the button leads. For a help box, choose the help page of the site."),
    )
    url = blocks.URLBlock(label=_("Or another address"), required=False, default="")

    def clean(self, value):
        value = super().clean(value)
        if value.get("page") and value.get("url"):
            error = ValidationError(_("Choose a page or give an address, not both."))
        # Wagtail sets is_deferred_validation for a draft.
        elif not (value.get("page") or value.get("url") or self.is_deferred_validation):
            error = ValidationError(_("Choose a page, or give an address below."))
        else:
            return value
        raise StructBlockValidationError(block_errors={"page": error})

    def get_searchable_content(self, value):
        # Readers see the words of a button only while its page is public: ActionValue.
        is_always_shown = web_address(value.get("url")) and not value.get("page")
        return super().get_searchable_content(value) if is_always_shown else []

    class Meta:
        icon = "link"
        group = LINKS
        label = _("Button or help box")
        template = "stories/blocks/action.html"
        value_class = ActionValue
        description = _(
            "Asks readers to do one thing, or tells them where to get help: a few words and a button."
        )
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
        chosen = [page.pk for page in value["stories"] if page]
        context["stories"] = self._public_stories().in_order(chosen).for_cards()
        return context

    def get_preview_value(self):
        """Return the value for the preview in the block chooser: the newest public story, or no story."""
        newest = list(self._public_stories().newest_first()[:1])
        return self.normalize({"heading": _("More stories"), "stories": newest})

    def _public_stories(self):
        # The model comes from the chooser, because stories.models imports the blocks.
        StoryPage = self.child_blocks["stories"].child_block.target_model
        return StoryPage.objects.published()

    def get_searchable_content(self, value):
        return []  # Readers see the heading only while one of the stories is public.

    class Meta:
        icon = "list-ul"
        group = LINKS
        label = _("Chosen stories")
        template = "stories/blocks/chosen_stories.html"
        description = _("Stories of this site to read next. Those that are not public are left out.")
