"""Configuration of the app: signals, and what the leak check and withdrawals look at (safeguarding/)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = _("Stories")

    def ready(self):
        # The imports connect the receivers of signals.
        from stories import counts, renditions, translating  # noqa: F401
        from stories.protected_texts import register_texts

        register_texts()
