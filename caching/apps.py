"""Configuration of the app. It starts to watch the database for changes of the content version."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "caching"

    def ready(self):
        from caching.content_version import start  # The import needs the settings.

        start()
