"""Unpublishes a page with everything below it, and all their aliases.

This is done with a page that is moved to the trash, and with hidden pages that would become public because an
alias loses its source.

An alias of a hidden page is hidden, with the pages below it. When its source is deleted, it becomes an
ordinary page, and nothing hides them any more.
"""

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import Page

from publishing.visibility import is_hidden


def unpublish_subtree(page, user=None):
    """Unpublish `page` and all pages below it, the aliases of these, and all pages below those aliases.

    `user`: the user who is named in the log. The function checks no permissions.
    """
    waiting, done = [page.path], set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        for live in Page.objects.filter(path__startswith=path, live=True).specific():
            UnpublishPageAction(live, user=user).execute(skip_permission_checks=True)
        waiting += Page.objects.filter(alias_of__path__startswith=path).values_list("path", flat=True)


@receiver(pre_delete, sender=Page)
def unpublish_hidden_aliases(instance, **_arguments):
    """Unpublish the hidden aliases of a page that is about to be deleted.

    The deletion makes ordinary pages of them. Wagtail unpublishes the aliases, but not what is below them.
    """
    for alias in Page.objects.filter(alias_of=instance):
        if is_hidden(alias):
            unpublish_subtree(alias)
