"""Write the outage page, which visitors get while the site is down, with telephone numbers of help lines."""

from django.core.management.base import BaseCommand, CommandError

from operations.outage import write_page


class Command(BaseCommand):
    help = "Write the outage page, with the current help lines, into DATA_DIR: a file that needs no database."

    def handle(self, *args, **options):
        path = write_page()
        if path is None:
            raise CommandError("There is no site yet.")
        self.stdout.write(f"Written: {path}")
