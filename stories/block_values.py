"""StructValue classes of the blocks whose templates need more than the stored fields."""

from django.utils.functional import cached_property
from wagtail import blocks

from publishing.visibility import is_published
from stories.links import split_address, web_address


class MediaLinkValue(blocks.StructValue):
    @property
    def provider(self):
        """The host name of the link without "www.", e.g. "vimeo.com"; "" without an address."""
        return (split_address(self.get("url") or "").hostname or "").removeprefix("www.")


class PicturesValue(blocks.StructValue):
    @cached_property
    def shown(self):
        """The pictures without those that were deleted and those that may not be shown today."""
        return [picture for picture in self["pictures"] if picture["image"] and picture["image"].is_shown]


class ActionValue(blocks.StructValue):
    @cached_property
    def href(self):
        """The address of the button; None when its page is not public or its address is not http(s)."""
        page = self.get("page")
        if not page:
            return web_address(self.get("url")) or None
        return page.url if is_published(page) else None
