"""StructValue classes of the blocks whose templates need more than the stored fields."""

from urllib.parse import urlsplit

from django.utils.functional import cached_property
from wagtail import blocks

from publishing.visibility import is_hidden
from stories.links import web_address


class MediaLinkValue(blocks.StructValue):
    @property
    def provider(self):
        """The host name of the link without "www.", e.g. "vimeo.com"; "" without an address."""
        return (urlsplit(self.get("url") or "").hostname or "").removeprefix("www.")


class ActionValue(blocks.StructValue):
    @cached_property
    def href(self):
        """The address of the button; None when its page is not public or its address is not http(s)."""
        page = self.get("page")
        if not page:
            return web_address(self.get("url")) or None
        is_public = page.live and not is_hidden(page)
        return page.url if is_public else None
