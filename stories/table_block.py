"""PastableTableBlock, Wagtail's TypedTableBlock, into which editors can paste a table from Word or Excel."""

from django import forms
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from wagtail.admin.telepath import register
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock, TypedTableBlockAdapter


class PastableTableBlock(TypedTableBlock):
    """A class of its own, because Wagtail finds the adapter of a block by the class of the block."""


class PastableTableBlockAdapter(TypedTableBlockAdapter):
    """Connects the block with its script, stories/static/stories/table_block.js."""

    js_constructor = "stories.table_block.PastableTableBlock"

    def js_args(self, block):
        *others, meta = super().js_args(block)  # `meta` is a dictionary, and the last argument
        meta["strings"]["TOO_LARGE"] = _("This table is too large to paste. Offer it as a document instead.")
        return [*others, meta]

    @property
    def media(self):
        return super().media + forms.Media(js=[static("stories/table_block.js")])


register(PastableTableBlockAdapter(), PastableTableBlock)
