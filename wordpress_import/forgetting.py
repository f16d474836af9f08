"""Deletes what is stored about an imported page, when it is deleted or its former addresses are erased."""

from wordpress_import.addresses import digest_of
from wordpress_import.models import ImportedItem, OldAddress


def forget_deleted_page(instance, **_arguments):
    """Receive pre_delete of a page. What its ImportedItem says about it is deleted.

    The ImportedItem itself stays, so that the next import doesn't bring the page back.
    """
    ImportedItem.objects.filter(page=instance.pk).update(needs_eyes=[], missing_pictures=0, digest="")


def forget_addresses(page, **_arguments):
    """Receive addresses_erased. Only the numbers of the item still lead to `page`: slugs can be names."""
    # A key is a type and an id, such as "post 7".
    numbers = [item.key.split(" ")[-1] for item in ImportedItem.objects.filter(page=page.pk)]
    kept = [digest_of(f"?{name}={number}") for number in numbers for name in ("p", "page_id")]
    OldAddress.objects.filter(page=page.pk).exclude(digest__in=kept).delete()
