"""Registers the chooser of people, and the actions of this room in logs."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from safeguarding.choosers import contributor_chooser
from safeguarding.membership import JOINED


@hooks.register("register_admin_viewset")
def register_chooser():
    return contributor_chooser


@hooks.register("register_log_actions")
def register_actions(actions):
    actions.register_action(JOINED, _("Joined"), _("Joined the group Safeguarding"))
