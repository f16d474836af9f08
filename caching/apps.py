"""Configuration of the app. It starts to watch the database for changes of the content version."""

from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "caching"

    def ready(self):
        from caching import content_version  # With CACHE_URL, it imports the models.

        content_version.start()
