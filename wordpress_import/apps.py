"""Configuration of the app. It connects signals, and tells the page cache the parameters of old addresses."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WordPressImportConfig(AppConfig):
    name = "wordpress_import"
    verbose_name = _("Moving in from WordPress")

    def ready(self):
        from django.db.models.signals import pre_delete
        from wagtail.models import Page

        from caching.cache_request import FOREIGN_PARAMETERS
        from safeguarding.withdrawal.steps import addresses_erased
        from wordpress_import.addresses import LIST_PARAMETERS, PARAMETERS
        from wordpress_import.forgetting import forget_addresses, forget_deleted_page

        # pre_delete is sent for the Page of each deleted page, of whatever type.
        pre_delete.connect(forget_deleted_page, sender=Page)
        addresses_erased.connect(forget_addresses)
        FOREIGN_PARAMETERS.update(PARAMETERS, LIST_PARAMETERS)
