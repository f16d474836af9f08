"""Breadcrumbs of the admin without pages that are hidden from the user."""

from wagtail.admin.templatetags import wagtailadmin_tags
from wagtail.admin.views.pages import utils

from editing.admin_access import visible_to
from editing.patches import patch

# Wagtail's function, which `start` replaces where it is called.
BREADCRUMBS = utils.get_breadcrumbs_items_for_page


def visible_breadcrumbs(
    page,
    user,
    url_name="wagtailadmin_explore",
    root_url_name="wagtailadmin_explore_root",
    include_self=True,
    querystring_value="",
):
    """Replace get_breadcrumbs_items_for_page: leave out the items of hidden pages.

    Wagtail's list begins at the page where the explorer begins: explorable_root_instance() of
    editing/page_policy.py. It has an item for each page from there to `page`, with the title of its draft.
    """
    items = BREADCRUMBS(page, user, url_name, root_url_name, include_self, querystring_value)
    above = page.get_ancestors(inclusive=include_self)
    visible = set(above.filter(visible_to(user)).values_list("pk", flat=True))
    keys = list(above.values_list("pk", flat=True))
    keys = keys[len(keys) - len(items) :]  # without the pages above the first item
    return [item for key, item in zip(keys, items, strict=True) if key in visible]


def start():
    """Patch the modules that call Wagtail's function."""
    patch(utils, "get_breadcrumbs_items_for_page", visible_breadcrumbs)
    patch(wagtailadmin_tags, "get_breadcrumbs_items_for_page", visible_breadcrumbs)
