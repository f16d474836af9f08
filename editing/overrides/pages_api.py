"""Wagtail's API of pages for the admin, without actions."""

from wagtail.admin.api.views import PagesAdminAPIViewSet


class PagesAPIViewSet(PagesAdminAPIViewSet):
    """Has no actions, such as publish or move.

    The admin doesn't use them, and they skip the hooks and checks of the admin's views.
    """

    actions = {}
