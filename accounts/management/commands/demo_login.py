"""Create the demo account of try-out mode, and print its login and the addresses."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import demo_account


class Command(BaseCommand):
    help = "Make the demo account (try-out mode only) and print the addresses and the login."

    def handle(self, *args, **options):
        if not settings.TRY_OUT:
            raise CommandError("The demo account is for the try-out mode only: set TRY_OUT=1.")
        username, password = demo_account.create()
        location = f"kept in {demo_account.password_file()}"
        self.stdout.write(
            f"\n  The site     {settings.BASE_URL}/\n"
            f"  For editors  {settings.BASE_URL}/admin/\n"
            f"  Log in as    {username}\n"
            f"  Password     {password or 'unknown: its file is missing'}  ({location})\n\n"
            "  Stop with Ctrl-C.\n"
        )
