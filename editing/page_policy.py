"""Decides which pages a user finds in the explorer, in searches and in the site history of the admin.

Wagtail also shows the pages above the sections of a user, up to the closest page above all of them. Here such
a page is shown only if the user may see it: see docs/decisions/admin-access.md. No user has a permission for
a page in the trash. Only the list of the trash works with these pages: see editing/trash.py.
"""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from wagtail.models import AbstractGroupApprovalTask, AbstractPage, Page
from wagtail.models.pages import PageLogEntryManager, PagePermissionTester
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from editing.admin_access import is_visible, pages_in_sections, visible_to
from editing.patches import patch
from publishing.trash import in_trash, is_in_trash

# Wagtail's methods, which `start` replaces.
VIEWABLE_ENTRIES = PageLogEntryManager.viewable_by_user
ACCESS_EDITOR = AbstractGroupApprovalTask.user_can_access_editor
START_TESTER = PagePermissionTester.__init__


class VisiblePagesPolicy(PagePermissionPolicy):
    """Wagtail's policy for pages, without the trash and hidden pages above the sections of a user."""

    def instances_user_has_any_permission_for(self, user, actions):
        return super().instances_user_has_any_permission_for(user, actions).exclude(in_trash())

    def explorable_root_instance(self, user):
        """Return the page where the explorer begins: the closest visible one above all sections of `user`."""
        is_cached = hasattr(user, self._explorable_root_instance_cache_name)
        root = super().explorable_root_instance(user)
        if is_cached or root is None or user.is_superuser:
            return root
        # The root of the tree is visible to everybody.
        root = root.get_ancestors(inclusive=True).filter(visible_to(user)).order_by("path").last()
        setattr(user, self._explorable_root_instance_cache_name, root)
        return root

    def explorable_instances(self, user):
        """Return the pages of the sections of `user`, and the visible ones between these and the root."""
        if user.is_superuser:
            return super().explorable_instances(user).exclude(in_trash())
        root = self.explorable_root_instance(user)
        if root is None:
            return self.model._default_manager.none()
        paths = {
            page.path[:length]
            for page in self.instances_with_direct_explore_permission(user)
            for length in range(len(root.path), len(page.path), Page.steplen)  # from root to the page above
        }
        above = visible_to(user) & Q(path__in=paths)
        return self.model._default_manager.filter(Q(pk__in=pages_in_sections(user).values("pk")) | above)


def pages_below_hidden_children(page, user):
    """Return the keys of the pages that the explorer lists below `page` in place of hidden children.

    Without them, `user` could not reach a section that is below a hidden page.
    """
    policy, found = policy_registry.get_by_type(Page), set()
    for section in policy.instances_with_direct_explore_permission(user):
        if section.is_descendant_of(page):
            on_the_way = section.get_ancestors(inclusive=True).filter(visible_to(user), depth__gt=page.depth)
            first = on_the_way.order_by("path").first()  # None if the section is in the trash
            # A visible child of `page` is in the explorer's list anyway.
            if first and first.depth > page.depth + 1:
                found.add(first.pk)
    return found


def viewable_by_user(self, user):
    """Replace PageLogEntryManager.viewable_by_user: leave out entries of pages above the sections of `user`.

    An entry has the title that the page had in a draft at that time.
    """
    entries = VIEWABLE_ENTRIES(self, user)
    if user.is_superuser:
        return entries
    above = policy_registry.get_by_type(Page).explorable_instances(user)
    above = above.exclude(pk__in=pages_in_sections(user).values("pk"))
    return entries.exclude(page__in=above.values("pk"))


def user_can_access_editor(self, obj, user):
    """Replace AbstractGroupApprovalTask.user_can_access_editor: leave out hidden pages.

    Wagtail lets every member of the groups of a task edit what waits for them, in any section.
    """
    return ACCESS_EDITOR(self, obj, user) and (not isinstance(obj, Page) or is_visible(obj, user))


def start_tester(self, user, page):
    """Replace PagePermissionTester.__init__: nobody has a permission for a page in the trash."""
    if page.path and is_in_trash(page):  # A page that is not in the tree yet has no path.
        user = AnonymousUser()
        # Wagtail's method sets this for active users only, and some methods read it for all.
        self.permissions = set()
    START_TESTER(self, user, page)


def start():
    """Register the policy, and patch code of Wagtail that does not use it."""
    patch(PagePermissionTester, "__init__", start_tester)
    register_permission_policy(AbstractPage, VisiblePagesPolicy(Page))
    patch(PageLogEntryManager, "viewable_by_user", viewable_by_user)
    patch(AbstractGroupApprovalTask, "user_can_access_editor", user_can_access_editor)
