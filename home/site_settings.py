"""SiteSettings: the settings that are the same in every language, edited under Settings in the admin."""

from copy import copy
from functools import partial

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Site

from caching.versioned_cache import cached
from media.access import shown_everywhere
from media.fields import optional_picture
from media.people import is_shown_outside


class SocialLinkBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("Name"), max_length=40, help_text=_("For example: Mastodon"))
    url = blocks.URLBlock(label=_("Address"))

    class Meta:
        icon = "link"
        label = _("Profile")


@register_setting(icon="cog")
@shown_everywhere  # everybody may download the logo
class SiteSettings(BaseSiteSetting):
    """Settings of a site. Texts that differ between languages are fields of HomePage."""

    select_related = ["logo"]

    class Palette(models.TextChoices):
        EARTH = "earth", _("Earth")
        SEA = "sea", _("Sea")
        FOREST = "forest", _("Forest")

    class Robots(models.TextChoices):
        ALL = "all", _("All may come")
        NO_AI_TRAINING = "no-ai-training", _("All but those that collect texts and pictures to train AI")
        NONE = "none", _("None may come")

    organisation_name = models.CharField(_("name of the organisation"), max_length=80, default="Stories")
    logo = optional_picture(_("logo"))
    palette = models.CharField(_("colours"), max_length=20, choices=Palette, default=Palette.EARTH)
    donate_url = models.URLField(
        _("address for donations"),
        blank=True,
        help_text=_("Readers are sent there; nothing of it is loaded here."),
    )
    leave_url = models.URLField(
        _("where “leave quickly” leads"),
        default="https://www.wikipedia.org/",
        help_text=_(
            "A page that many people open, that loads fast where your readers are, and that shows nothing "
            "personal. Nothing of it is loaded before a reader goes there."
        ),
    )
    contact_email = models.EmailField(
        _("contact for “change or remove this”"),
        blank=True,
        help_text=_("Where somebody in a story can write to. Read it every day."),
    )
    robots = models.CharField(
        _("robots"),
        max_length=20,
        choices=Robots,
        default=Robots.NO_AI_TRAINING,
        help_text=_(
            "Which robots are asked, in the file robots.txt, to stay away. Most of the big ones do as they "
            "are asked. With none, search engines forget the site, and shared links show no picture."
        ),
    )
    social_links = StreamField(
        [("profile", SocialLinkBlock())], verbose_name=_("profiles elsewhere"), blank=True
    )

    panels = [
        MultiFieldPanel(["organisation_name", "logo", "palette"], heading=_("Look")),
        MultiFieldPanel(["contact_email", "donate_url", "leave_url", "social_links"], heading=_("Addresses")),
        "robots",
    ]

    class Meta:
        verbose_name = _("site settings")

    def __str__(self):
        return self.organisation_name

    @property
    def shown_logo(self):
        return self.logo if is_shown_outside(self.logo) else None

    @classmethod
    def for_request(cls, request):
        """Return the settings of the site of `request`. Every page needs them.

        For requests that any visitor could send, they are from the cache as long as no content changed. A
        request without a site is left to Wagtail's own method, which raises DoesNotExist.
        """
        site = Site.find_for_request(request)
        if site is None:
            return super().for_request(request)
        # A copy, because all requests share the cached object.
        return copy(cached(("settings", site.pk), partial(cls.read, site)))

    @classmethod
    def get_or_404(cls, request):
        """Return the settings of the site of `request`. Raises Http404 without a site."""
        try:
            return cls.for_request(request)
        except cls.DoesNotExist:
            raise Http404 from None

    @classmethod
    def read(cls, site):
        """Return the settings of `site`, or unsaved defaults.

        Wagtail's method `for_site` inserts a row, which a request of a reader must not do.
        """
        return cls.base_queryset().filter(site=site).first() or cls(site=site)
