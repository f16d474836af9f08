"""“Hide now” hides a live page from readers at once; “Show again” shows it.

Users who may edit a page may hide it. Only users who may publish it may show it again, so that moderation
can't be avoided. An e-mail tells these users that it is hidden.
"""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.menus.pages import PageMenuItem
from wagtail.admin.utils import get_user_display_name, get_valid_next_url_from_request
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import Page
from wagtail.permissions import policy_registry

from publishing.addresses import absolute
from publishing.hiding import HELD, hide, is_hidden_at_once, show_again
from publishing.mails import mail_later
from publishing.visibility import is_known_held, is_known_hidden


class HideButton(PageMenuItem):
    label = gettext_lazy("Hide now")
    icon_name = "no-view"
    url_name = "hide_page"
    priority = 5  # the first in the menu of a page's header, in which Wagtail's own begin at 10

    def is_shown(self, user):
        """Return whether `user` may hide the page, which is live, and not hidden already."""
        return (
            getattr(self.page.specific_class, "can_be_hidden", False)
            and self.page.live
            and not is_hidden_at_once(self.page)
            and self.page.permissions_for_user(user).can_edit()
        )


class ShowButton(PageMenuItem):
    label = gettext_lazy("Show again")
    icon_name = "view"
    url_name = "show_page"
    priority = HideButton.priority  # Only one of the two is shown.

    def is_shown(self, user):
        """Return whether `user` may show the page again, which somebody hid."""
        return is_hidden_at_once(self.page) and self.page.permissions_for_user(user).can_publish()


def buttons(page, user, next_url=None, view_name=None):
    """Hook: offer both buttons in lists and in the menu of a page. The page editor has `header_buttons`."""
    if view_name != "edit":
        yield HideButton(page=page, next_url=next_url)
        yield ShowButton(page=page, next_url=next_url)


def header_buttons(page, user):
    """Return a list with the button that `user` may use now, for the header of the page editor."""
    items = [each for each in (HideButton(page=page), ShowButton(page=page)) if each.is_shown(user)]
    return [HeaderButton(each.label, each.url, icon_name=each.icon_name) for each in items]


def say_that_it_is_hidden(request, page):
    """Hook: say in the page editor that a live page is hidden, or held because of the people in it.

    ExplorerView (page_views.py) calls it too.
    """
    if request.method != "GET":
        return
    if is_hidden_at_once(page):
        messages.warning(request, _("This page is hidden from readers. “Show again” shows it."))
    elif page.live and is_known_hidden(page):
        text = _("Readers don't see this page: a page above it is hidden or not published.")
        messages.warning(request, text)
    elif page.live and is_known_held(page):
        messages.warning(request, HELD)


def hide_page(request, page_id):
    """View that asks for confirmation and hides a page. Raises PermissionDenied unless the user may do so."""
    page = get_object_or_404(Page, pk=page_id).specific
    if is_hidden_at_once(page) and page.permissions_for_user(request.user).can_edit():
        return go_back(request, page)  # The page is hidden already, such as by a click before.
    if not HideButton(page=page).is_shown(request.user):
        raise PermissionDenied
    if request.method == "POST":
        if hide(page, request.user):
            tell_moderators(request, page)
        return go_back(request, page)
    return ask(request, page, HideButton)


def show_page(request, page_id):
    """View that asks for confirmation and shows a page again. Raises PermissionDenied as `hide_page`."""
    page = get_object_or_404(Page, pk=page_id).specific
    if not ShowButton(page=page).is_shown(request.user):
        raise PermissionDenied
    if request.method == "POST":
        show_again(page, request.user)
        messages.success(request, _("“%s” is no longer hidden.") % page.get_admin_display_title())
        return go_back(request, page)
    return ask(request, page, ShowButton)


def name_publishers(page):
    """Return the names of users who may publish `page`, and so show it again: of five at most."""
    users = list(publishers_of(page).order_by("username")[:6])
    return ", ".join(map(get_user_display_name, users[:5])) + " …" * (len(users) > 5)


def publishers_of(page):
    return policy_registry.get_by_type(Page).users_with_permission_for_instance("publish", page)


def ask(request, page, button):
    """Return the page that asks for confirmation. `button`: the class of the button that leads to it."""
    back = address_to_return_to(request, page)
    context = {"title": button.label, "icon": button.icon_name, "back": back, "next": back}
    context |= {"subtitle": page.get_admin_display_title(), "names": name_publishers(page)}
    return TemplateResponse(request, f"editing/{button.url_name}.html", context)


def go_back(request, page):
    return redirect(address_to_return_to(request, page))


def address_to_return_to(request, page):
    """Return the address that the request names, or that of the page's editor."""
    return get_valid_next_url_from_request(request) or reverse("wagtailadmin_pages:edit", args=[page.pk])


def tell_moderators(request, page):
    """Send an e-mail to those who may publish `page`, and tell the user of `request` so."""
    title = page.get_admin_display_title()
    users = publishers_of(page).exclude(pk=request.user.pk)
    users = [user for user in users if user.email] if settings.SENDS_MAIL else []
    context = {  # no title: that of a draft can have a name that is in no mail
        "name": request.user.get_full_name() or request.user.get_username(),
        "link": absolute(reverse("wagtailadmin_pages:edit", args=[page.pk])),
    }
    subject, template = gettext_lazy("A page was hidden from readers"), "editing/hidden_page.txt"
    mail_later(users, lambda: (str(subject), render_to_string(template, context)))
    if users:
        text = _("Readers no longer see “%s”. Those who may publish it are told by e-mail.")
    else:
        text = _("Readers no longer see “%s”. Nobody was told by e-mail: please tell a moderator.")
    names = _("Only these can show it again: %(names)s") % {"names": name_publishers(page)}
    messages.success(request, f"{text % title} {names}")
