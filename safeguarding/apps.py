"""Configuration of the app. It connects signals, and registers what withdrawals erase and who sees people."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SafeguardingConfig(AppConfig):
    name = "safeguarding"
    verbose_name = _("Safeguarding")

    def ready(self):
        from wagtail.permissions import register_permission_policy

        # Importing a module connects its signal receivers, and registers the steps of withdrawals in it.
        from safeguarding import models, releases, stopping  # noqa: F401
        from safeguarding.leak_check import admin_requests  # noqa: F401
        from safeguarding.membership import LeadPolicy
        from safeguarding.withdrawal import database_files, elsewhere, forgetting, ledger, pages, steps  # noqa: F401

        pages.register()
        elsewhere.register()
        # For Wagtail's views: only leads, the members of the group Safeguarding, may see these.
        for model in (
            models.Contributor,
            models.Consent,
            models.Decision,
            models.RestrictedView,
            models.Withdrawal,
        ):
            register_permission_policy(model, LeadPolicy(model))
