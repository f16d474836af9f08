"""Prepare the database for this version of the code. deploy/start runs it before the web server starts."""

import logging
import secrets
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from wagtail.models import Site

from accounts.secret_files import write_private
from operations import locks, new_site, restoring
from operations.outage import write_page
from safeguarding.keys import refuse_wrong_keys
from safeguarding.withdrawal import ledger

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Migrate the database, make the first administrator (FIRST_ADMIN) if there is none, and write the "
        "outage page. Processes that run it at the same time wait for each other."
    )
    # The checks query the database. handle() runs them inside the lock: processes that start together on a
    # new SQLite file would lock each other out.
    requires_system_checks = ()

    def handle(self, *args, **options):
        with locks.hold("prepare"):
            restoring.replace()
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    # A server can have a limit on the time of a statement. A migration may take longer.
                    cursor.execute("SET statement_timeout = 0")
            new_site.begin(connection)
            self.check()
            logger.info("Migrating the database.")
            call_command("migrate", interactive=False, verbosity=0)
            # It has another address in the database of new_site.py, and after a restore under another name.
            address = urlsplit(settings.BASE_URL)
            port = address.port or (443 if address.scheme == "https" else 80)
            host = {"hostname": address.hostname, "port": port}
            if not Site.objects.filter(is_default_site=True, **host).exists():  # A write empties all caches.
                Site.objects.filter(is_default_site=True).update(**host)
            self.make_first_admin()
            refuse_wrong_keys()  # those of SAFEGUARDING_KEYS
            # Somebody may have put an older database in place, which has people again who withdrew since. The
            # ledger, a file outside of the database, lists them, and catch_up() withdraws them again. Then
            # write() adds the withdrawals of the database that the file lacks.
            try:
                ledger.catch_up()
                ledger.write()
            except (BotoCoreError, ClientError) as error:
                raise CommandError(f"S3_BUCKET names a bucket that can't be used: {error}") from error
            restoring.finish(keep_lists=ledger.has_failed())
        try:
            write_page()
        except OSError as error:
            # The disk is full. Pages can be read all the same. The scheduler writes the outage page later.
            logger.error("The outage page can't be written: %s.", error.strerror)

    def make_first_admin(self):
        """Create the administrator that FIRST_ADMIN names with a random password, if there is none yet.

        If FIRST_ADMIN is "random", the user name is random too. User name and password are written to
        `first_admin` in the data folder, and not to the log.
        """
        users = get_user_model().objects
        if not settings.FIRST_ADMIN or users.filter(is_superuser=True).exists():
            return
        is_random = settings.FIRST_ADMIN.lower() == "random"
        name = f"admin-{secrets.token_hex(4)}" if is_random else settings.FIRST_ADMIN
        password = secrets.token_urlsafe(18)
        if users.filter(username=name).exists():
            raise CommandError("FIRST_ADMIN must be another name: a user without these rights has this one.")
        path = settings.DATA_DIR / "first_admin"
        path.unlink(missing_ok=True)
        write_private(path, f"Username: {name}\nPassword: {password}\n")
        users.create_superuser(name, "", password)
        logger.info("The first administrator was made. Name and password are in %s.", path)
