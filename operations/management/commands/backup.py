"""Make a backup of the site. The service `backups` of compose.yaml runs it with --daily."""

import signal
import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from operations import backups
from operations.health import readiness_problem

EVERY, AFTER_FAILURE = 60, 3600  # seconds until it looks again whether a backup is due


class Command(BaseCommand):
    help = "Store a backup of the site in BACKUP_BUCKET or BACKUP_DIR, and delete old ones."

    def add_arguments(self, parser):
        parser.add_argument("--daily", action="store_true", help="make one each night, until SIGTERM")

    def handle(self, *args, **options):
        backups.check_settings()
        # The exception ends a backup at once, and what is unfinished is deleted.
        signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit())
        while options["daily"]:
            # Before the first start of the site, its tables are missing.
            failed = not readiness_problem() and backups.make_and_note(if_due=True)
            connection.close()
            time.sleep(AFTER_FAILURE if failed else EVERY)
        if reason := backups.make_and_note():
            raise CommandError(f"The backup failed: {reason}")
        self.stdout.write(backups.names()[-1])  # deploy/upgrade reads it
