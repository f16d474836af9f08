"""Configuration of the app. It registers where the words of a person in a story can be (safeguarding/)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self):
        from search import erasing  # noqa: F401
