"""Keeps aliases withdrawn when their source is published.

An alias shows the content of another page, its source. It is withdrawn if it was public and is a draft now.
`last_published_at` tells that. `first_published_at` does not: an imported page has it from WordPress, also if
it is a draft that was never public here.
"""

from django.db.models import Q
from wagtail.models import Page

from publishing.trash import in_trash


class WithdrawnAliasesMixin:
    """For page types. Wagtail publishes all aliases of a page with it, also withdrawn and deleted ones."""

    def update_aliases(self, *, revision=None, _content=None, _updated_ids=None):
        """Update and publish the aliases of this page, except those that were withdrawn or are in the trash.

        Wagtail leaves out the pages in `_updated_ids`, as updated already.
        """
        withdrawn = Q(live=False, last_published_at__isnull=False) | in_trash()
        withdrawn = Page.objects.filter(withdrawn, alias_of=self)
        super().update_aliases(
            revision=revision,
            _content=_content,
            _updated_ids=[*(_updated_ids or []), *withdrawn.values_list("pk", flat=True)],
        )

    update_aliases.alters_data = True
