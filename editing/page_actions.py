"""Rules for Wagtail's actions on pages, wherever they are called: in a view, a bulk action or the API."""

from wagtail.actions.convert_alias import ConvertAliasPageAction, ConvertAliasPagePermissionError

from editing.patches import patch
from publishing.visibility import restrictions_on
from publishing.withdrawing import unpublish_subtree

# Wagtail's method, which `start` replaces.
CONVERT_ALIAS = ConvertAliasPageAction.execute


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
    if self.page.alias_of_id and restrictions_on(self.page).exists():
        unpublish_subtree(self.page, self.user)
        self.page.refresh_from_db(fields=["live", "has_unpublished_changes", "live_revision"])
    return CONVERT_ALIAS(self, skip_permission_checks=skip_permission_checks)


def start():
    """Patch Wagtail's actions."""
    patch(ConvertAliasPageAction, "execute", convert_alias)
