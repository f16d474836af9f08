"""Wagtail's API of pages for the admin, without actions and without pages that are hidden from the user."""

from wagtail.admin.api.serializers import AdminPageSerializer, PageAncestorsField, PageTranslationsField
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.models import Page

from editing.admin_access import visible_to


class VisiblePagesMixin:
    """Leaves pages that the user may not see out of a field with several pages."""

    def to_representation(self, page):
        found = super().to_representation(page)
        pages = Page.objects.filter(visible_to(self.context["request"].user))
        visible = set(pages.filter(pk__in=[each["id"] for each in found]).values_list("pk", flat=True))
        return [each for each in found if each["id"] in visible]


class VisibleAncestorsField(VisiblePagesMixin, PageAncestorsField):
    pass


class VisibleTranslationsField(VisiblePagesMixin, PageTranslationsField):
    pass


class VisiblePagesSerializer(AdminPageSerializer):
    ancestors = VisibleAncestorsField(read_only=True)
    translations = VisibleTranslationsField(read_only=True)


class PagesAPIViewSet(PagesAdminAPIViewSet):
    """Lists pages that the user may explore: Wagtail asks editing/page_policy.py which these are.

    It has no actions, such as publish or move. The admin doesn't use them, and they skip the hooks and checks
    of the admin's views.
    """

    base_serializer_class = VisiblePagesSerializer
    actions = {}
