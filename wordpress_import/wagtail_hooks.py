"""Hooks for old addresses, and into Wagtail's admin for the triage after an import."""

from wagtail import hooks

from wordpress_import import addresses, triage

# Before the hooks that decide who may read the home page, and remove the parameters that it doesn't read.
hooks.register("before_serve_page", addresses.refuse_parameters, order=-2)
hooks.register("answer_not_found", addresses.find_old_address)
hooks.register("register_story_list_part", triage.list_part)
hooks.register("register_bulk_action", triage.LookedAtBulkAction)
hooks.register("register_log_actions", triage.register_actions)
