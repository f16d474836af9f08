"""Restore the whole site from a file that `backup` made. docs/backups.md says what to do before and after."""

from django.core.management.base import BaseCommand, CommandError

from operations.backup import BackupError, restore


class Command(BaseCommand):
    help = "Bring database, pictures and documents back from a backup. Changes nothing when it can't."
    # The system checks query the database, which may have no tables yet.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("file", help="the path of the backup")
        parser.add_argument("--overwrite", action="store_true", help="give up the site that is here now")

    def handle(self, *args, file, overwrite, **options):
        try:
            restore.restore_backup(file, report=self.stdout.write, overwrite=overwrite)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "Restored. Start the site's servers anew. "
            "Then remove again what people asked to be removed since the backup."
        )
