"""Do the scheduled work: publish and expire pages each minute, and clean up once a night.

The scheduler of compose.yaml runs it with --forever. deploy/gunicorn.conf.py does the same in the web server.
"""

import logging
import signal
import threading
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from accounts import throttle
from caching import content_version
from editing.moderation.old_versions import forget_outdated
from media.sweep import sweep_files
from operations import backups, locks
from operations.health import readiness_problem
from operations.outage import write_page
from publishing import trash
from publishing.schedules import publish_due, unpublish_expired
from safeguarding.membership import announce_members
from safeguarding.reminders import send_reminders
from safeguarding.retention import delete_names
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.forgetting import forget_labels, forget_words
from safeguarding.withdrawal.tasks import run_tasks
from search.missed import delete_old_missed_searches
from stories.feeds import note_feed_entries

logger = logging.getLogger(__name__)
EVERY, AFTER_FAILED_BACKUP = 60, 3600  # seconds between two runs
# The nightly work is done from 3 on in the site's time zone, when few people use the site: each part is tried
# each minute until it succeeds. On a new site, it is done at once. Until 3, local time minus NIGHT has the
# date of the day before.
NIGHT = timedelta(hours=3)


def carry_out_ledger():
    """Carry out the withdrawals that the database lacks, then write the ledger of withdrawals.

    These are one part: if catch_up() raised an error, write() could begin a new ledger, and what the old one
    has would never be carried out. After a recorded failure, write() is safe: catch_up() gave the database
    the salt of the old ledger, so write() continues it. What failed before waits for a lead: everybody is
    held meanwhile.
    """
    if not ledger.has_failed():
        ledger.catch_up()
    ledger.write()


# {name: function} of the parts, in their order. What protects people comes first, because nothing may delay
# it. The log contains the names.
EACH_MINUTE = {
    "ledger of withdrawals": carry_out_ledger,
    "tasks of withdrawals": run_tasks,
    "pages that expire": unpublish_expired,
    "pages to publish": publish_due,
    "what left the feeds": note_feed_entries,
    "new members of the safeguarding team": announce_members,
    # It shows telephone numbers of help lines, which may have changed.
    "outage page": write_page,
    # Even hashes of names and addresses are deleted as soon as they have no use.
    "attempts to sign in": throttle.delete_expired_attempts,
    "old changes of the content version": content_version.trim,
}
NIGHTLY = {
    # Before the deletions that the mails announce.
    "mails to the leads": send_reminders,
    "words of people who withdrew": forget_words,
    "names to delete": delete_names,
    "trash": trash.delete_expired,
    "labels of people in no page": forget_labels,
    "old versions of pages": forget_outdated,
    "sessions": lambda: call_command("clearsessions"),
    "searches without result": delete_old_missed_searches,
    "files that nobody gets": sweep_files,
    # It needs the most time and memory.
    "search index": lambda: call_command("update_index", verbosity=0),
}


class Command(BaseCommand):
    help = (
        "Publish and expire what is due, and once a night refresh the search index and delete what is old. "
        "Run it each minute, or start it once with --forever. Of several at a time, one does the work."
    )

    def add_arguments(self, parser):
        parser.add_argument("--forever", action="store_true", help="do it and the backups, until SIGTERM")

    def handle(self, *args, **options):
        if options["forever"]:
            stopped = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_arguments: stopped.set())
            locks.share("site")  # No backup can be restored meanwhile.
            start_threads(stopped).join()
        elif failed := run_once():
            raise CommandError(f"These parts failed: {', '.join(failed)}. The log says why.")


def start_threads(stopped):
    """Do the work and the backups that are due, each minute until the event `stopped`.

    Return the thread of the work. Backups have a thread of their own: what protects people does not
    wait for one. If the process ends meanwhile, the next backup deletes what is unfinished.
    """
    if backups.is_configured():
        back_up = partial(backups.make_and_note, if_due=True)
        threading.Thread(target=repeat, args=[back_up, stopped, AFTER_FAILED_BACKUP], daemon=True).start()
    work = threading.Thread(target=repeat, args=[run_once, stopped, EVERY], daemon=True)
    work.start()
    return work


def repeat(work, stopped, after_failure):
    """Call `work`, which returns what failed, each minute or that many seconds after a failure."""
    connection.has_limit = False  # see operations/statement_timeout.py
    while not stopped.is_set():
        failed = True
        try:
            # Before the first start of the site, its tables are missing.
            failed = not readiness_problem() and work()
        except Exception:  # such as a restart of the database: try again in the next minute
            logger.exception("The work that was due failed.")
        connection.close()
        stopped.wait(after_failure if failed else EVERY)


def run_once():
    """Do the work that is due, unless another process is doing it. Return the names of what failed."""
    with locks.hold("due_work", wait=False) as is_acquired:
        if not is_acquired:
            return []
        failed = [name for name, part in EACH_MINUTE.items() if not succeeds(name, part)]
        failed += [name for name in NIGHTLY if not succeeds(name, partial(run_once_a_night, name))]
        if not failed:
            # The age of this file tells whether the scheduler runs, and all of its parts succeed: the
            # health check in compose.yaml looks at it.
            (settings.DATA_DIR / "due_work_done").touch()
        return failed


def succeeds(name, part):
    """Call the function `part`. If it fails, log that with `name`. Return whether it succeeded."""
    try:
        part()
    except Exception:
        logger.exception("A part of the work that was due failed: %s.", name)
        if not connection.is_usable():  # It was lost: the next part makes a new one.
            connection.close()
        return False
    return True


def run_once_a_night(name):
    """Run the nightly part `name`, unless it succeeded in this night."""
    path = settings.DATA_DIR / "nightly_work_done"
    night = str((timezone.localtime() - NIGHT).date())
    # A line for each part that succeeded: the night and its name. Those of other nights are forgotten.
    lines = path.read_text().splitlines() if path.exists() else []
    done = [line for line in lines if line.startswith(night)]
    line = f"{night} {name}"
    if line not in done:
        NIGHTLY[name]()
        path.write_text("\n".join([*done, line]))
