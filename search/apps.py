"""Configuration of the app. It registers where the words of a person in a story can be, for `safeguarding`.

The leak check warns of such words, and withdrawals erase them.
"""

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self):
        from modelsearch.signal_handlers import post_delete_signal_handler
        from wagtail.contrib.search_promotions.models import Query, SearchPromotion
        from wagtail.models import get_page_models

        from safeguarding.leak_check import texts
        from search import erasing
        from search.models import VocabularyGroup
        from stories.checked_pages import CheckedPageMixin

        # Wagtail connects neither receiver. CheckedPageMixin.save() does the work of the other one.
        for model in get_page_models():
            if issubclass(model, CheckedPageMixin):
                post_delete.connect(post_delete_signal_handler, sender=model)
        for model in (Query, SearchPromotion, VocabularyGroup):
            texts.register(model)
        erasing.register()
