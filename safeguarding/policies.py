"""Who may see and record people and consents: only leads, the members of the group Safeguarding."""

from django.contrib.auth import get_user_model
from wagtail.permission_policies import BasePermissionPolicy

GROUP = "Safeguarding"


def is_lead(user):
    """Return whether `user` is an active member of the group. A superuser who is no member is not.

    The answer is cached on `user`, as Django does with permissions. Each request has a user object of its
    own.
    """
    if not hasattr(user, "_is_lead"):
        user._is_lead = user.is_active and user.groups.filter(name=GROUP).exists()
    return user._is_lead


def leads():
    """Return the active members of the group."""
    return get_user_model().objects.filter(is_active=True, groups__name=GROUP)


class LeadPolicy(BasePermissionPolicy):
    """Allows every action to leads, and none to others.

    It ignores permissions, because superusers have all of them.
    """

    def user_has_permission(self, user, action):
        return is_lead(user)

    def users_with_any_permission(self, actions):
        return leads()
