"""Limits the page editor's content checks to the parts of a page that can be changed in the editor."""

from wagtail.admin.userbar import ContentCheckerItem

# CSS selector of what can't be changed in the editor: the site's header and footer, and the end of a story,
# with its links to share it.
EXCLUDED = ".site-header, .site-footer, .story-end"


class PageContentCheckerItem(ContentCheckerItem):
    def get_axe_exclude(self, request):
        """Return what the checker axe leaves out.

        In the page editor it has to be one selector. If there are several, Wagtail passes them in such a way
        that axe takes them for frames inside of each other, and excludes nothing: docs/upstream.md.
        """
        return [EXCLUDED] if self.in_editor else [EXCLUDED, *super().get_axe_exclude(request)]


def check_only_content(request, items, page):
    """Hook: replace Wagtail's item of the userbar, from which the page editor takes its rules too."""
    items[:] = [
        PageContentCheckerItem(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item
        for item in items
    ]
