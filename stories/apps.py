"""Configuration of the app: signals, and what the leak check and withdrawals look at (safeguarding/)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = _("Stories")

    def ready(self):
        # The imports connect the receivers of signals, and register texts for the leak check.
        from stories import counts, protected_texts, renditions, translating  # noqa: F401
