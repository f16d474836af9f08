"""Decides which pages a user finds in the explorer, in searches and in the site history of the admin.

No user has a permission for a page in the trash. Only the list of the trash works with these pages: see
editing/moderation/trash.py.
"""

from django.contrib.auth.models import AnonymousUser
from wagtail.models import AbstractPage, Page
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from editing.access.admin_access import is_visible, pages_in_sections
from publishing.trash import in_trash, is_in_trash


class PolicyWithoutTrash(PagePermissionPolicy):
    """Wagtail's policy for pages, without the trash."""

    def instances_user_has_any_permission_for(self, user, actions):
        return super().instances_user_has_any_permission_for(user, actions).exclude(in_trash())

    def explorable_instances(self, user):
        return super().explorable_instances(user).exclude(in_trash())


register_permission_policy(AbstractPage, PolicyWithoutTrash(Page))


def viewable_by_user(self, user):
    """Replace PageLogEntryManager.viewable_by_user: leave out entries of pages above the sections of `user`.

    Wagtail lists these too, because the explorer leads through them. Entries about comments have their text.
    """
    entries = viewable_by_user.original(self, user)
    if user.is_superuser:
        return entries
    above = policy_registry.get_by_type(Page).explorable_instances(user)
    above = above.exclude(pk__in=pages_in_sections(user).values("pk"))
    return entries.exclude(page__in=above.values("pk"))


def user_can_access_editor(self, obj, user):
    """Replace AbstractGroupApprovalTask.user_can_access_editor: leave out hidden pages.

    Wagtail lets every member of the groups of a task edit what waits for them, in any section.
    """
    return user_can_access_editor.original(self, obj, user) and (
        not isinstance(obj, Page) or is_visible(obj, user)
    )


def start_tester(self, user, page):
    """Replace PagePermissionTester.__init__: nobody has a permission for a page in the trash."""
    if page.path and is_in_trash(page):  # A page that is not in the tree yet has no path.
        user = AnonymousUser()
        # Wagtail's method sets this for active users only, and some methods read it for all.
        self.permissions = set()
    start_tester.original(self, user, page)
