"""Configuration of the app: starts the patches of Wagtail."""

from django.apps import AppConfig


class EditingConfig(AppConfig):
    name = "editing"

    def ready(self):
        from editing.overrides import patches

        patches.start()
