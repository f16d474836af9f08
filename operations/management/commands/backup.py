"""Save the whole site into one file. docs/backups.md says what it contains and how to store it."""

from django.core.management.base import BaseCommand, CommandError

from operations.backup import BackupError, create


class Command(BaseCommand):
    help = "Save the database, pictures and documents into a new file, for its owner alone."

    def add_arguments(self, parser):
        parser.add_argument("file", help="the path of the file to make, like /backups/2026-01-31.zip")

    def handle(self, *args, file, **options):
        try:
            create.create_backup(file, report=self.stdout.write)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
