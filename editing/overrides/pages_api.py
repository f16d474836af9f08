"""Wagtail's API of pages for the admin, without actions."""

from django.conf import settings
from django.utils.translation import get_language_from_path, override
from wagtail.admin.api.views import PagesAdminAPIViewSet


class PagesAPIViewSet(PagesAdminAPIViewSet):
    """Has no actions, such as publish or move.

    The admin doesn't use them, and they skip the hooks and checks of the admin's views.
    """

    actions = {}

    def find_object(self, queryset, request):
        """Find a page in any language by its path, as the public site does. Wagtail finds those in one."""
        path = request.GET.get("html_path")
        if path is None:
            return super().find_object(queryset, request)
        language = get_language_from_path(path)
        with override(language or settings.LANGUAGE_CODE):
            page = queryset.model.find_for_request(request, path.removeprefix(f"/{language}/"))
        return page and queryset.filter(pk=page.pk).first()
