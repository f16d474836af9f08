"""Configuration of the app. It registers where the words of a person in a story can be, for `safeguarding`.

The leak check warns of such words, and withdrawals erase them.
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self):
        from wagtail.contrib.search_promotions.models import Query, SearchPromotion

        from safeguarding.leak_check import texts
        from search import erasing
        from search.models import VocabularyGroup

        for model in (Query, SearchPromotion, VocabularyGroup):
            texts.register(model)
        erasing.register()
