"""Command load_demo: add the demo content of home/demo_site.py to an empty site, or remove it."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from wagtail.models import Page

from home import demo_site


class Command(BaseCommand):
    help = "Load the demonstration into an empty site, or remove it. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="Leave a site with content as it is.")
        parser.add_argument(
            "--remove", action="store_true", help="Delete it, except what you changed or use."
        )

    def handle(self, *args, **options):
        if options["remove"]:
            self.stdout.write("\n".join([*(f"Kept: {each!r}" for each in demo_site.remove()), "Done."]))
            return
        if demo_site.is_loaded():
            self.stdout.write("The demonstration is here already.")
            return
        # The migrations made the root page and the home page, at depths 1 and 2, which has no version then.
        has_content = Page.objects.filter(Q(depth__gt=2) | Q(latest_revision__isnull=False)).exists()
        if has_content and options["if_empty"]:
            self.stdout.write("The site has content of its own: no demonstration is loaded.")
            return
        if has_content:
            raise CommandError("The site has content of its own. The demonstration needs an empty one.")
        self.stdout.write("Loading the demonstration: nine stories with pictures...")
        try:
            with transaction.atomic():
                demo_site.load()
        except ValidationError as error:  # such as a key that is missing in SAFEGUARDING_KEYS
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write("Done.")
