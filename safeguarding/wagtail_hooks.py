"""Registers the chooser of people, the leak check, and the actions in logs with Wagtail."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from safeguarding.choosers import contributor_chooser
from safeguarding.decisions import ASK
from safeguarding.leak_check.admin_requests import queue_page
from safeguarding.membership import JOINED, check_bulk_action
from safeguarding.policies import NAMES_CLOSED
from safeguarding.writers import RIGHT, WROTE, WROTE_BEFORE

# {action in Wagtail's log: its label, which is the message too}. Wagtail shows it with the name of the object
# that the entry is about, which for a person is the code.
LOG_ACTIONS = {
    JOINED: _("Joined the group Safeguarding"),
    NAMES_CLOSED: _("Changed by an administrator, so it can't see names for a time"),
    "safeguarding.allow": _("May publish again after many protected words"),
    "safeguarding.take_down": _("Taken down"),
    "safeguarding.bring_back": _("Brought back"),
    "safeguarding.stop": _("Sent the stop code"),
    "safeguarding.stop_code": _("Got a new stop code"),
    "safeguarding.withdraw": _("Withdrawn, and erased"),
    "safeguarding.hold_after_restore": _("Taken down after a restore"),
    "safeguarding.release_page": _("The hold was ended"),
    "safeguarding.not_reached": _("Could not be reached"),
    WROTE: _("Wrote the original of this copy"),
    WROTE_BEFORE: _("Wrote earlier versions, which were forgotten"),
    "safeguarding.propose": _("A consent was written down, to be confirmed"),
    "safeguarding.discard": _("A consent to be confirmed was deleted"),
    ASK: _("The safeguarding team was asked"),
    RIGHT: _("The answer about its people is right"),
    "safeguarding.decide": _("A story was decided on"),
    "safeguarding.read": _("A version was read, and answered"),
    "safeguarding.change_names": _("Names or contact changed"),
    "safeguarding.delete_names": _("Names and contact deleted, as announced"),
}


@hooks.register("register_admin_viewset")
def register_chooser():
    return contributor_chooser


@hooks.register("register_log_actions")
def register_actions(actions):
    for name, label in LOG_ACTIONS.items():
        actions.register_action(name, label, label)


hooks.register("before_bulk_action", check_bulk_action)
hooks.register("after_create_page", queue_page)
hooks.register("after_edit_page", queue_page)
