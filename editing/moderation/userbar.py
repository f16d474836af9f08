"""Adds “Hide now”, and for safeguarding leads “People”, to the user bar of public pages.

Wagtail shows the user bar only to users of the admin. Their pages are never cached.
"""

from django.urls import reverse
from django.utils.translation import gettext_lazy
from wagtail.admin.userbar import BaseItem, EditPageItem

from editing.moderation.hiding import HideButton
from safeguarding.policies import is_lead


class LinkItem(BaseItem):
    template_name = "editing/userbar_link.html"

    def __init__(self, label, url, icon_name):
        self.label, self.url, self.icon_name = label, url, icon_name
        self.icon_file = f"wagtailadmin/icons/{icon_name}.svg"


def add_links(request, items, page):
    """Hook: add the links after “Edit this page”, for users whom their views let in.

    The page editor and previews have other items, or show no live page.
    """
    place = next((place for place, item in enumerate(items) if isinstance(item, EditPageItem)), None)
    if place is None or getattr(request, "is_preview", False):
        return
    hide = HideButton(page=page)
    links = [LinkItem(hide.label, hide.url, hide.icon_name)] if hide.is_shown(request.user) else []
    if is_lead(request.user):
        address = reverse("safeguarding_decisions:page", args=[page.pk])
        links.append(LinkItem(gettext_lazy("People"), address, "user"))
    items[place + 1 : place + 1] = links
