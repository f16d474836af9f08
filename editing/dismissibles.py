"""The view that stores which notices of the admin a user has seen."""

import json

from django.http import HttpResponse, HttpResponseBadRequest
from wagtail.admin.menu import DismissibleMenuItemMixin, admin_menu, help_menu
from wagtail.admin.views import dismissibles

# Bytes of a request. The admin's own script sends less than 100.
MAX_BYTES = 2048


class DismissiblesView(dismissibles.DismissiblesView):
    """Takes only what the admin sends. What is stored is read with every page of the admin."""

    def patch(self, request, *args, **kwargs):
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            return HttpResponse(status=413)
        try:
            updates = json.loads(request.body)
        except ValueError:
            return HttpResponseBadRequest()
        if not isinstance(updates, dict) or not updates.keys() <= known_names():
            return HttpResponseBadRequest()
        return super().patch(request, *args, **kwargs)


def known_names():
    """Return the set of the names of what a user can dismiss: new entries of the menu."""
    items = [*admin_menu.registered_menu_items, *help_menu.registered_menu_items]
    return {item.name for item in items if isinstance(item, DismissibleMenuItemMixin)}
