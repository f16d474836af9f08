"""The base of the block with a table: it takes a table from the clipboard."""

from django import forms
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from wagtail.admin.telepath import register
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock, TypedTableBlockAdapter


class PastableTableBlock(TypedTableBlock):
    pass


class PastableTableBlockAdapter(TypedTableBlockAdapter):
    js_constructor = "stories.table_block.PastableTableBlock"

    def js_args(self, block):
        *others, meta = super().js_args(block)
        meta["strings"]["TOO_LARGE"] = _("This table is too large to paste. Offer it as a document instead.")
        return [*others, meta]

    @property
    def media(self):
        return super().media + forms.Media(js=[static("stories/table_block.js")])


register(PastableTableBlockAdapter(), PastableTableBlock)
