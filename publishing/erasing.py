"""Tells withdrawals the slug that a page had before it was moved to the trash.

A withdrawal erases a person from the site, and looks for all addresses that the person's pages had
(safeguarding/withdrawal/carry_out.py).
"""

from publishing.models import TrashedPage
from safeguarding.withdrawal.carry_out import knows_former_slugs


@knows_former_slugs
def slug_before_trash(page):
    """Return a list with that slug of `page`, or an empty list."""
    return list(TrashedPage.objects.filter(page=page.pk).values_list("slug", flat=True))
