"""Shows administrators on the first page of the admin what is wrong with the backups."""

from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from operations import backups


class BackupPanel(Component):
    order = 20  # above all others

    def render_html(self, _parent_context=None):
        words = backups.problem()
        return words and format_html(
            '<div class="help-block help-warning" id="backups-problem">{}</div>', words
        )


@hooks.register("construct_homepage_panels")
def add_backup_panel(request, panels):
    if request.user.is_superuser:
        panels.append(BackupPanel())
