"""Write the page that a front server shows while the site is down, with the help lines of today."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from wagtail.models import Site

from home.models import HomePage, SiteSettings
from media.visibility import published_pages

FILE_NAME = "maintenance.html"


class Command(BaseCommand):
    help = f"Write {FILE_NAME} into DATA_DIR: one file that needs no database, with the current help lines."

    def handle(self, *args, **options):
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        if site is None:
            raise CommandError("There is no site yet.")
        # Those of all languages, the site's own first.
        versions = HomePage.objects.filter(
            pk__in=published_pages(), translation_key=site.root_page.translation_key
        )
        homes = sorted(versions.select_related("locale"), key=lambda home: home.pk != site.root_page_id)
        context = {
            "homes": homes,
            "site": SiteSettings.for_site(site),
            "style": Path(finders.find("css/site.css")).read_text(encoding="utf-8"),
        }
        path = settings.DATA_DIR / FILE_NAME
        path.write_text(render_to_string("maintenance.html", context), encoding="utf-8")
        self.stdout.write(f"Written: {path}")
