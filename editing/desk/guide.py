"""The editors' guide: a page of the admin, under Help."""

from django.conf import settings
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin


class GuideView(WagtailAdminTemplateMixin, TemplateView):
    """The guide. Its text is in English only; its title is translated."""

    page_title = _("Editors' guide")
    page_subtitle = settings.VERSION
    header_icon = "help"
    template_name = "editing/guide.html"


def menu_item():
    """Hook "register_help_menu_item": link the guide."""
    return MenuItem(
        GuideView.page_title,
        reverse_lazy("editors_guide"),
        name="editors-guide",
        icon_name="help",
        order=900,  # above Wagtail's items, which begin at 1000
    )


def leave_out_wagtails_guide(request, menu_items):
    """Hook: remove the link to Wagtail's own guide, which is another site and does not describe this one."""
    menu_items[:] = [item for item in menu_items if item.name != "editor-guide"]
