"""Registers the chooser of people."""

from wagtail import hooks

from safeguarding.choosers import contributor_chooser


@hooks.register("register_admin_viewset")
def register_chooser():
    return contributor_chooser
