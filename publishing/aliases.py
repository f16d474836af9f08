"""Refuses aliases, the pages that Wagtail keeps equal to another page, their source.

Nothing else of this site looks for aliases: whether a page is hidden, decided about or withdrawn depends on
the page itself and on the pages above it.
Wagtail makes them with “Copy”, its action, the translation of a page whose parent isn't translated, and the
setting WAGTAILSIMPLETRANSLATION_SYNC_PAGE_TREE. All of these save the alias.
"""

from django.core.exceptions import ValidationError
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

REFUSED = _("A story stands in one section. Themes and the block “Chosen stories” show it elsewhere too.")


@receiver(pre_save)
def refuse_alias(instance, **_arguments):
    """Raise a ValidationError for a page of any type that is an alias."""
    if isinstance(instance, Page) and instance.alias_of_id:
        raise ValidationError(REFUSED)
