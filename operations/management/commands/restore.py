"""Put a backup in place of the site, which must not run meanwhile."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

from operations import backups, locks, restoring


class Command(BaseCommand):
    help = "Replace the site by a backup. Standard input is the private key of age, if it is encrypted."
    requires_system_checks = ()  # The database may be empty.

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name of a backup, or newest")

    def handle(self, *args, name, **options):
        backups.check_settings()
        with restoring.alone(), locks.hold("backup"):
            with locks.hold("prepare"):
                restoring.unpack(name)
            call_command("prepare", verbosity=options["verbosity"])
        call_command("make_renditions")
        self.stdout.write("The backup was restored.")
