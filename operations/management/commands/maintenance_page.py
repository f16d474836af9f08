"""Write the page that is shown while the site is down, with the current telephone numbers of help lines."""

from django.core.management.base import BaseCommand, CommandError

from operations.outage import write_page


class Command(BaseCommand):
    help = "Write maintenance.html into DATA_DIR: one file that needs no database, with today's help lines."

    def handle(self, *args, **options):
        path = write_page()
        if path is None:
            raise CommandError("There is no site yet.")
        self.stdout.write(f"Written: {path}")
