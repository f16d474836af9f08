"""The first page of the admin: what to do next, in plain words."""

from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from stories.models import StoryIndexPage


class NextStepsPanel(Component):
    name = "next_steps"
    template_name = "home/admin/next_steps.html"
    order = 50

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        index = StoryIndexPage.objects.order_by("depth", "path").first()
        can_add = index and index.permissions_for_user(user).can_add_subpage()
        return {"index": index if can_add else None, "user": user}


@hooks.register("construct_homepage_panels")
def add_next_steps(request, panels):
    panels.append(NextStepsPanel())


@hooks.register("insert_global_admin_css")
def add_admin_stylesheet():
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))
