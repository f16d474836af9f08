from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self):
        from wagtail.contrib.redirects.models import Redirect

        from publishing import withdrawing  # noqa: F401 - it connects a signal
        from safeguarding.leaks import texts

        texts.register(Redirect)
