"""Configuration of the app. It extends a form of Wagtail's."""

from django.apps import AppConfig


class EditingConfig(AppConfig):
    name = "editing"

    def ready(self):
        from editing import redirect_form  # noqa: F401 - it adds a validator
