"""Do the scheduled work: publish and expire pages each minute, and clean up once a night.

The scheduler of compose.yaml runs it with --forever.
"""

import io
import logging
import signal
import threading
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from accounts import throttle
from operations import locks
from publishing import trash
from safeguarding.reminders import send_reminders
from safeguarding.retention import delete_names
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.tasks import run_tasks
from search.missed import delete_old_missed_searches

logger = logging.getLogger(__name__)
EVERY = 60  # seconds between two runs
# The nightly work is done at 3 in the site's time zone, when few people use the site. Until then, local
# time minus NIGHT has the date of the day before.
NIGHT = timedelta(hours=3)


class Command(BaseCommand):
    help = (
        "Publish and expire what is due, and once a night refresh the search index and delete what is old. "
        "Run it each minute, or start it once with --forever. Of several at a time, one does the work."
    )

    def add_arguments(self, parser):
        parser.add_argument("--forever", action="store_true", help="do it each minute, until SIGTERM")

    def handle(self, *args, **options):
        if not options["forever"]:
            return self.run_once()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_arguments: stopped.set())
        while not stopped.is_set():
            close_old_connections()
            try:
                self.run_once()
            except Exception:  # such as a restart of the database: try again in the next minute
                logger.exception("The work that was due failed.")
            stopped.wait(EVERY)

    def run_once(self):
        """Do the work that is due, unless another process is doing it."""
        with locks.hold("due_work", wait=False) as is_acquired:
            if not is_acquired:
                return
            quiet = {"stdout": io.StringIO()}
            self.run_all(
                # Withdrawals come first, because nothing may delay them: those that an older database lacks,
                # the file that lists them, and the tasks that are left of each.
                lambda: ledger.catch_up(only_due=True),
                ledger.write,
                run_tasks,
                lambda: call_command("publish_scheduled", **quiet),
                # The outage page shows telephone numbers of help lines, which may have changed.
                lambda: call_command("maintenance_page", **quiet),
                # It deletes hashes of names and addresses as soon as they have no use.
                throttle.delete_expired_attempts,
            )
            # The file contains the date of the last nightly work. Each run writes it anew, so its age tells
            # whether the scheduler still runs: the health check in compose.yaml looks at it.
            done = settings.DATA_DIR / "due_work_done"
            night = str((timezone.localtime() - NIGHT).date())
            if not done.exists() or done.read_text() != night:
                call_command("update_index", verbosity=0, **quiet)
                call_command("clearsessions", **quiet)
                delete_old_missed_searches()
                trash.delete_expired()
                send_reminders()
                delete_names()
            done.write_text(night)

    def run_all(self, *parts):
        """Run each of the functions `parts`, also after one that fails. Then raise the first error."""
        errors = []
        for part in parts:
            try:
                part()
            except Exception as error:
                errors.append(error)
        if len(errors) > 1:
            raise ExceptionGroup("Several parts of the work that was due failed.", errors)
        if errors:
            raise errors[0]
