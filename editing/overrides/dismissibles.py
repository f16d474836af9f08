"""The view that stores which notices of the admin a user has seen."""

import json

from django.http import HttpResponseBadRequest
from wagtail.admin.menu import DismissibleMenuItemMixin, admin_menu, help_menu
from wagtail.admin.views import dismissibles

# Bytes of a request. The admin's own script sends less than 100.
MAX_BYTES = 2048


class DismissiblesView(dismissibles.DismissiblesView):
    """Takes only what the admin sends: new entries of the menu. What is stored is read with every page."""

    def patch(self, request, *args, **kwargs):
        items = [*admin_menu.registered_menu_items, *help_menu.registered_menu_items]
        names = {item.name for item in items if isinstance(item, DismissibleMenuItemMixin)}
        is_short = int(request.META.get("CONTENT_LENGTH") or 0) <= MAX_BYTES
        try:
            is_known = is_short and dict(json.loads(request.body)).keys() <= names
        except (TypeError, ValueError):
            is_known = False
        return super().patch(request, *args, **kwargs) if is_known else HttpResponseBadRequest()
