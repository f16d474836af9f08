"""Put a backup in place of the site."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from operations import backups, locks, restoring


class Command(BaseCommand):
    help = (
        "Replace the database, pictures and documents by those of a backup, and carry out again who withdrew "
        "since. The site must not run meanwhile. The private key of age for an encrypted backup is read from "
        "standard input, or from the file that BACKUP_IDENTITY_FILE names."
    )
    # The database may be empty.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name of a backup, or newest")

    def handle(self, *args, name, **options):
        if not backups.is_configured():
            raise CommandError("Set BACKUP_DIR or BACKUP_BUCKET first.")
        with locks.hold_file("site", wait=False) as is_alone:
            if not is_alone or restoring.is_used():
                raise CommandError("The site runs, or another program uses its database. Stop it first.")
            with locks.hold("backup"):
                with locks.hold("prepare"):
                    restoring.unpack(name)
                call_command("prepare", verbosity=options["verbosity"])
        call_command("make_renditions")
        self.stdout.write("The backup was restored.")
