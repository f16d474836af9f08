"""Hooks into Wagtail's admin, for the triage after an import."""

from wagtail import hooks

from wordpress_import import triage

hooks.register("register_story_list_part", triage.list_part)
hooks.register("register_bulk_action", triage.LookedAtBulkAction)
hooks.register("register_log_actions", triage.register_actions)
