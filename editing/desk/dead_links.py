"""Finds links from pages to pages of this site that are gone or not public. It uses the reference index."""

from collections import Counter

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.utils.translation import ngettext
from wagtail.models import ReferenceIndex, get_default_page_content_type

from editing.access.admin_access import editable_pages
from editing.desk.workflows import page_keys
from publishing.visibility import published_pages

# References in texts and blocks. Foreign keys are left out, because the database keeps them from referring to
# what is gone. In the index, the path of a foreign key of a page has no dot, and that of a foreign key in a
# child object is like "featured_stories.item.story".
IN_TEXT = Q(model_path__contains=".") & ~Q(model_path__regex=r"^\w+\.item\.")


@classmethod
def remove_references_to(cls, target):
    """Replace ReferenceIndex.remove_references_to: keep the links of texts to a page that is deleted.

    The texts still have these links. When a page with one is saved, Wagtail updates its rows in the index.
    """
    references = cls.objects.filter(
        to_content_type=cls._get_base_content_type(target), to_object_id=str(target.pk)
    )
    # Deletes all but the rows to which both conditions apply.
    references.exclude(IN_TEXT, to_content_type=get_default_page_content_type()).delete()


def dead_links():
    """Return the ReferenceIndex rows of links from pages to pages that visitors can't open.

    For a live page, these are the links in its public version.
    """
    page_type = get_default_page_content_type()
    public = published_pages().values_list(Cast("pk", CharField()), flat=True)
    links = ReferenceIndex.objects.filter(base_content_type=page_type, to_content_type=page_type)
    return links.exclude(to_object_id__in=public)


def find_dead_links(user):
    """Return the live pages with links to pages of this site that are gone or not public."""
    pages = editable_pages(user).filter(live=True, pk__in=page_keys(dead_links()))
    return pages.order_by("title", "pk")


def describe_dead_links(pages):
    """Return {primary key: "2 links"} of `pages`."""
    found = dead_links().filter(object_id__in=[str(page.pk) for page in pages])
    counts = Counter(int(key) for key in found.values_list("object_id", flat=True))
    return {
        pk: ngettext("%(number)d link", "%(number)d links", number) % {"number": number}
        for pk, number in counts.items()
    }
