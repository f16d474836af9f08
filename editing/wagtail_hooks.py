"""What Wagtail does at the frame's bidding."""

import json

from django.urls import path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.widgets import BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser

from editing import chosen_objects, page_chooser, translating
from editing.admin_access import visible_to
from editing.redirect_import import process_import


@hooks.register("construct_page_chooser_queryset")
def offer_only_visible_pages(pages, request):
    """Leave drafts and private pages of other people's sections out of the chooser."""
    return pages if request.user.is_superuser else pages.filter(visible_to(request.user))


@hooks.register("register_admin_urls", order=-1)
def mend_import_of_redirects():
    """Take the address of Wagtail's own view, which comes later."""
    return [path("redirects/import/process/", process_import, name="process_import")]


page_chooser.start()
translating.start()
chosen_objects.start()

# --- Choosers without inline scripts: docs/decisions/content-security-policy.md ------------------


def render_chooser(self, name, value, attrs=None, renderer=None):
    """Stand in for BaseChooser.render, whose script is inline.

    What starts the chooser comes first: the menu inside takes its buttons away when it starts itself.
    """
    value_data = self.get_value_data(value)
    return format_html(
        '<span hidden data-controller="start" data-start-name-value="{}" data-start-id-value="{}"'
        ' data-start-options-value="{}"></span>{}',
        self.js_constructor,
        attrs["id"],
        json.dumps(self.get_js_init_options(attrs["id"], name, value_data)),
        self.render_html(name, value_data, attrs),
    )


WAGTAILS_RENDER = BaseChooser.render
BaseChooser.render = render_chooser
# Its own render_js_init is no longer asked.
AdminTaskChooser.js_constructor = "createTaskChooser"
