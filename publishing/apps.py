"""Configuration of the app. It connects signals, and registers redirects for the leak check."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        from wagtail.contrib.redirects.models import Redirect

        from publishing import erasing, withdrawing  # noqa: F401 - they register functions
        from safeguarding.leak_check import texts

        texts.register(Redirect)
