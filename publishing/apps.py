"""App configuration: connects a signal receiver, and registers a function and a model with safeguarding."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        from wagtail.contrib.redirects.models import Redirect

        # Importing `erasing` registers a function for withdrawals, and `aliases` a signal receiver.
        from publishing import aliases, erasing  # noqa: F401
        from safeguarding.leak_check import texts

        # The leak check reads the old addresses and the targets of redirects, which can have a name in them.
        texts.register(Redirect)
