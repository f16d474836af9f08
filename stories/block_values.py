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

    @property
    def shared_credit(self):
        return find_shared_credit([picture["image"] for picture in self.shown])


def find_shared_credit(images):
    """Return the credit that two or more shown `images` all have, so that it is given once; else ""."""
    credits = [image.credit for image in images if image and image.is_shown]
    return credits[0] if len(credits) > 1 and len(set(credits)) == 1 else ""


def find_illustration(images):
    """Return the first of the shown `images`, to say it for all, if all are illustrations; else None."""
    shown = [image for image in images if image and image.is_shown]
    return shown[0] if {image.shows for image in shown} == {"illustration"} else None


class ActionValue(blocks.StructValue):
    @cached_property
    def href(self):
        """The address of the button; None when its page is not public or its address is not http(s)."""
        page = self.get("page")
        if not page:
            return web_address(self.get("url")) or None
        return page.url if is_published(page) else None
