"""Configuration of the app. It registers the site settings for the leak check (safeguarding/leak_check/)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "home"
    verbose_name = _("Home")

    def ready(self):
        from wagtail.models import Site

        from home.site_settings import SiteSettings
        from safeguarding.leak_check import sources

        # An empty setting could take away the name of the organisation: it is changed by hand.
        sources.register(SiteSettings, is_shown=True, erase=None)
        sources.register(Site, is_shown=True)
