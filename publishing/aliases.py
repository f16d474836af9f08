"""Keeps aliases withdrawn when their source is published.

An alias shows the content of another page, its source. It is withdrawn if it was public and is a draft now.
"""

from wagtail.models import Page


class WithdrawnAliasesMixin:
    """For page types. Wagtail publishes all aliases of a page with it, also those that were withdrawn."""

    def update_aliases(self, *, revision=None, _content=None, _updated_ids=None):
        """Update and publish the aliases of this page, except those that were withdrawn.

        Wagtail leaves out the pages in `_updated_ids`, as updated already.
        """
        withdrawn = Page.objects.filter(alias_of=self, live=False, first_published_at__isnull=False)
        super().update_aliases(
            revision=revision,
            _content=_content,
            _updated_ids=[*(_updated_ids or []), *withdrawn.values_list("pk", flat=True)],
        )

    update_aliases.alters_data = True
