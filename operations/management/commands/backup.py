"""Make a backup of the site. The scheduler makes one each night."""

from django.core.management.base import BaseCommand, CommandError

from operations import backups


class Command(BaseCommand):
    help = "Store a backup of the site in BACKUP_BUCKET or BACKUP_DIR, and delete old ones."

    def handle(self, *args, **options):
        backups.check_settings()
        if reason := backups.make_and_note():
            raise CommandError(f"The backup failed: {reason}")
        self.stdout.write(backups.names()[-1])  # deploy/upgrade reads it
