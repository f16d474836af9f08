from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        from publishing import withdrawing  # noqa: F401 - it connects a signal
