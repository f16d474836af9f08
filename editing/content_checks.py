"""Limits the page editor's content checks to the parts of a page that can be changed in the editor."""

from wagtail.admin.userbar import ContentCheckerItem

# The site's header and foot; and the end of a story, with its links to share it and to other stories.
FURNITURE = ".site-header, .site-footer, .story-end, .neighbours"


class PageContentCheckerItem(ContentCheckerItem):
    def get_axe_exclude(self, request):
        # Wagtail's page editor takes several selectors for frames in each other, and excludes nothing.
        return [FURNITURE] if self.in_editor else [FURNITURE, *super().get_axe_exclude(request)]


def check_only_content(request, items, page):
    """Hook: replace Wagtail's item, which the page editor also takes its rules from."""
    items[:] = [
        PageContentCheckerItem(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item
        for item in items
    ]
