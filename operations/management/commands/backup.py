"""Make a backup of the site. The service `backups` of compose.yaml runs it with --daily."""

import signal
import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from operations import backups
from operations.health import readiness_problem

EVERY = 60  # seconds between two looks whether a backup is due
AFTER_FAILURE = 3600


class Command(BaseCommand):
    help = (
        "Store a backup of the database, pictures and documents in BACKUP_BUCKET or BACKUP_DIR, and delete "
        "those that are older than BACKUP_DAYS. With --daily, do it each night, until SIGTERM."
    )

    def add_arguments(self, parser):
        parser.add_argument("--daily", action="store_true", help="make one each night")

    def handle(self, *args, **options):
        if not backups.is_configured():
            raise CommandError("Set BACKUP_DIR or BACKUP_BUCKET first.")
        # The exception ends a backup at once, and deletes what is unfinished.
        signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit())
        while options["daily"]:
            # Before the first start of the site, its tables are missing.
            failed = not readiness_problem() and backups.make_and_note(if_due=True)
            connection.close()
            time.sleep(AFTER_FAILURE if failed else EVERY)
        if reason := backups.make_and_note():
            raise CommandError(f"The backup failed: {reason}.")
