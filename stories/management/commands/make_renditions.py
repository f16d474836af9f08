"""Command make_renditions: make the missing renditions of all public pages, e.g. after a template changed."""

from django.core.management.base import BaseCommand

from media.models import Rendition
from publishing.visibility import published_pages
from stories.renditions import make_renditions


class Command(BaseCommand):
    help = "Make the renditions that the public pages show and that are missing."

    def add_arguments(self, parser):
        parser.add_argument("--anew", action="store_true", help="Delete all renditions first.")

    def handle(self, *args, anew, **options):
        if anew:
            Rendition.objects.all().delete()
        pages = published_pages().order_by("path")
        total, failed = pages.count(), 0
        for number, page in enumerate(pages.iterator(), start=1):
            try:
                make_renditions(page.specific)
            except Exception as error:
                failed += 1
                self.stderr.write(f"Page {page.pk}: {error}")
            self.stdout.write(f"{number} of {total} pages")
        self.stdout.write(f"{Rendition.objects.count()} renditions, {failed} pages failed.")
