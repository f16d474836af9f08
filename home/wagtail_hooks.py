"""Adds a panel with next steps to the admin's first page, and the admin's stylesheet."""

from django.db.models import Case, When
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import get_language
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.models import Page
from wagtail.permissions import policy_registry

from stories.models import StoryIndexPage


class NextStepsPanel(Component):
    name = "next_steps"
    template_name = "home/admin/next_steps.html"
    order = 50  # above Wagtail's panels, which begin at 100

    def get_context_data(self, parent_context):
        """Find the story indexes in which the user may add a story.

        Indexes in the user's admin language come first, then those higher in the page tree.
        """
        policy, user = policy_registry.get_by_type(Page), parent_context["request"].user
        permitted = policy.instances_user_has_permission_for(user, "add")
        is_own_language = Case(When(locale__language_code=get_language(), then=0), default=1)
        indexes = StoryIndexPage.objects.filter(pk__in=permitted.values("pk"))
        indexes = list(indexes.order_by(is_own_language, "depth", "path")[:2])
        return {"index": next(iter(indexes), None), "has_others": len(indexes) > 1}


@hooks.register("construct_homepage_panels")
def add_next_steps(request, panels):
    panels.append(NextStepsPanel())


@hooks.register("insert_global_admin_css")
def add_admin_stylesheet():
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))
