"""App configuration: registers a function with safeguarding, and connects a signal receiver."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        # Importing `erasing` registers a function for withdrawals, and `aliases` a signal receiver.
        from publishing import aliases, erasing  # noqa: F401
