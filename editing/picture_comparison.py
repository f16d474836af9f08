"""Makes the comparison of two revisions work for blocks without a picture: Wagtail 8.0 fails on each of them.

Such a block is a video without its still picture, or a gallery in a draft whose picture is not chosen yet.
"""

from wagtail.images.blocks import ImageBlockComparison

from editing.patches import patch

# Wagtail's method, which `start` replaces.
HTML_VALUE = ImageBlockComparison.htmlvalue


def html_value(self, val):
    """Replace ImageBlockComparison.htmlvalue, which expects a dictionary and fails on None."""
    return "" if val is None else HTML_VALUE(self, val)


def start():
    """Patch Wagtail's comparison."""
    patch(ImageBlockComparison, "htmlvalue", html_value)
