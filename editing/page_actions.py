"""Rules for Wagtail's actions on pages, wherever they are called: in a view, a bulk action or the API."""

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.actions.convert_alias import ConvertAliasPageAction, ConvertAliasPagePermissionError
from wagtail.actions.copy_page import CopyPageAction, CopyPagePermissionError
from wagtail.actions.create_alias import CreatePageAliasAction, CreatePageAliasPermissionError
from wagtail.models import Page
from wagtail.permissions import policy_registry

from editing.patches import patch
from publishing.visibility import is_hidden, published_pages
from publishing.withdrawing import unpublish_subtree
from stories.people_check import sentences_in

# Wagtail's methods, which `start` replaces.
CONVERT_ALIAS = ConvertAliasPageAction.execute
COPY = CopyPageAction.execute
CREATE_ALIAS = CreatePageAliasAction.execute


def check_conversion(user, page):
    """Raise PermissionDenied unless `user` may convert the alias `page`.

    The content of a live alias becomes independent of its source, which takes the permission to publish.
    """
    permissions = page.permissions_for_user(user)
    if not permissions.can_edit() or (page.live and not permissions.can_publish()):
        raise ConvertAliasPagePermissionError("You do not have permission to publish this page.")


def convert_alias(self, skip_permission_checks=False):
    """Replace ConvertAliasPageAction.execute: check the permission always, and keep hidden pages hidden.

    Wagtail would leave a hidden alias live, with the text of its source and without its view restriction.
    """
    if self.user:
        check_conversion(self.user, self.page)
    if self.page.alias_of_id and is_hidden(self.page):
        unpublish_subtree(self.page, self.user)
        self.page.refresh_from_db(fields=["live", "has_unpublished_changes", "live_revision"])
    return CONVERT_ALIAS(self, skip_permission_checks=skip_permission_checks)


def pages_of(action):
    """Return a queryset of the pages that `action`, which copies or creates aliases, is for."""
    if action.recursive:
        return Page.objects.descendant_of(action.page, inclusive=True)
    return Page.objects.filter(pk=action.page.pk)


def editable(user):
    """Return a queryset of the primary keys of the pages that `user` may edit."""
    return policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change").values("pk")


def copy_page(self, skip_permission_checks=False):
    """Replace CopyPageAction.execute: copy only what the user may edit, and publish no copy of a hidden page.

    Wagtail asks only for the permission to add pages to the target. The owner of a copy may read its drafts.
    A copy of a page that its parent or its source hides would be public.
    """
    pages = pages_of(self)
    if self.user and pages.exclude(pk__in=editable(self.user)).exists():
        raise CopyPagePermissionError("You do not have permission to edit all the pages to copy.")
    if self.keep_live and pages.live().exclude(pk__in=published_pages().values("pk")).exists():
        self.keep_live = False
    try:
        with transaction.atomic():
            return COPY(self, skip_permission_checks=skip_permission_checks)
    except ValidationError as error:
        if not self.keep_live or not sentences_in(error):
            raise
    # A decision about people is for one page, and not for its copies.
    self.keep_live = False
    return COPY(self, skip_permission_checks=skip_permission_checks)


def create_alias(self, skip_permission_checks=False):
    """Replace CreatePageAliasAction.execute: make aliases only of public pages and what the user may edit."""
    pages = pages_of(self).exclude(pk__in=published_pages().values("pk"))
    if self.user and pages.exclude(pk__in=editable(self.user)).exists():
        raise CreatePageAliasPermissionError("You do not have permission to edit all these pages.")
    return CREATE_ALIAS(self, skip_permission_checks=skip_permission_checks)


def start():
    """Patch Wagtail's actions."""
    patch(ConvertAliasPageAction, "execute", convert_alias)
    patch(CopyPageAction, "execute", copy_page)
    patch(CreatePageAliasAction, "execute", create_alias)
