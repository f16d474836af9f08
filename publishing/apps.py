from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        from publishing import erasing, withdrawing  # noqa: F401 - they register functions
