"""Configuration of the app. It connects signals, and registers stories for the leak check and withdrawals."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = _("Stories")

    def ready(self):
        from stories import counts, erasing, renditions, translating  # noqa: F401 - they receive signals
        from stories.protected_texts import register_texts

        register_texts()
        erasing.register()
