"""Adds to the list of all stories what an editor has to look at after an import, and ticks it off."""

import django_filters
from django.db.models import JSONField, OuterRef, Q, Subquery
from django.forms import CheckboxSelectMultiple
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.log_actions import log

from caching.content_version import content_version
from caching.versioned_cache import cached
from wordpress_import.models import ImportedItem
from wordpress_import.reasons import sentence

# The name of the action in the history of a page.
LOOKED_AT = "wordpress_import.looked_at"
# What is still open for an editor: {value of the filter "moved_in": (label, condition on an ImportedItem)}.
OPEN = {
    "needs_eyes": (gettext_lazy("Needs eyes"), ~Q(needs_eyes=[])),
    "missing_picture": (gettext_lazy("Missing picture or file"), Q(missing_pictures__gt=0)),
}


def open_items():
    """Return the ImportedItems that an editor still has to look at."""
    return ImportedItem.objects.filter(OPEN["needs_eyes"][1] | OPEN["missing_picture"][1])


# --- The list of all stories ----------------------------------------------------------------------


def filter_pages(pages, _name, values):
    """Return those of the queryset `pages` of which one of `values`, keys of OPEN, is true."""
    conditions = Q(*(OPEN[value][1] for value in values), _connector=Q.OR)
    return pages.filter(pk__in=ImportedItem.objects.filter(conditions).values("page"))


def with_reasons(pages):
    """Annotate the queryset `pages` with `needs_eyes`: a list of reasons, or None."""
    items = ImportedItem.objects.filter(page=OuterRef("pk")).values("needs_eyes")[:1]
    return pages.annotate(needs_eyes=Subquery(items, output_field=JSONField()))


def list_part():
    """Hook "register_story_list_part": return a column, a filter, an annotation (editing/desk/story_list.py).

    On a site into which nothing was imported, the list of stories has none of them.
    """
    if not LookedAtBulkAction.is_offered():
        return {}
    choices = [(value, label) for value, (label, _condition) in OPEN.items()]
    return {
        "column": Column(
            "needs_eyes",
            label=_("Needs eyes"),
            accessor=lambda page: "; ".join(map(sentence, page.needs_eyes or ())),
        ),
        "filters": {
            "moved_in": django_filters.MultipleChoiceFilter(
                label=_("From WordPress"), choices=choices, widget=CheckboxSelectMultiple, method=filter_pages
            )
        },
        "annotate": with_reasons,
    }


# --- Ticking off ----------------------------------------------------------------------------------


class LookedAtBulkAction(PageBulkAction):
    """Bulk action of Wagtail that ticks pages off. If a later import changes a page, it is listed again."""

    display_name = gettext_lazy("Looked at")
    action_type = "looked_at"
    aria_label = gettext_lazy("Tick the selected pages off: what the import from WordPress asked is done")
    template_name = "wordpress_import/looked_at.html"
    action_priority = 70  # after Wagtail's own actions for pages, which end at 50

    @classmethod
    def is_offered(cls):
        """Return whether the lists have this action: editing/overrides/listings.py.

        The list of stories asks twice, so the result is cached.
        """
        return cached("moved in", ImportedItem.objects.exists, content_version.recent())

    @cached_property
    def reasons(self):
        """{primary key of each page to look at: reasons}."""
        return dict(open_items().values_list("page", "needs_eyes"))

    def check_perm(self, page):
        return page.pk in self.reasons and page.permissions_for_user(self.request.user).can_edit()

    def object_context(self, obj):
        return super().object_context(obj) | {"reasons": [*map(sentence, self.reasons[obj.pk])]}

    @classmethod
    def execute_action(cls, objects, user=None, **_options):
        open_items().filter(page__in=objects).update(needs_eyes=[], missing_pictures=0)
        for page in objects:
            log(page.specific, LOOKED_AT, user=user)
        return len(objects), 0  # the numbers of pages, and of their descendants

    def get_success_message(self, num_parent_objects, num_child_objects):
        return ngettext(
            "%(number)d page is ticked off.", "%(number)d pages are ticked off.", num_parent_objects
        ) % {"number": num_parent_objects}


def register_actions(actions):
    """Hook "register_log_actions": register LOOKED_AT."""
    actions.register_action(LOOKED_AT, _("Tick off"), _("Ticked off what the import from WordPress asked"))
