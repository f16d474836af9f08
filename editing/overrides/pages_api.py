"""Wagtail's API of pages for the admin, without actions."""

from django.conf import settings
from django.utils.translation import get_language_from_path, override
from rest_framework.response import Response
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.models import Page


class PagesAPIViewSet(PagesAdminAPIViewSet):
    """Has no actions, such as publish or move.

    The admin doesn't use them, and they skip the hooks and checks of the admin's views.
    """

    actions = {}

    def find_view(self, request):
        """Answer with the page of any language at a path, or with nothing, and never with another host."""
        path = request.GET.get("html_path", "")
        language = get_language_from_path(path)
        with override(language or settings.LANGUAGE_CODE):
            page = Page.find_for_request(request, path.removeprefix(f"/{language}/"))
        if not page or not self.get_queryset().filter(pk=page.pk).exists():
            return Response({})
        self.kwargs["pk"] = page.pk
        return self.detail_view(request, page.pk)
