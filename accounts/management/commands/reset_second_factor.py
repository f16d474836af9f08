"""Delete the second factors of a user: for an administrator who lost them and has no colleague to do it."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from accounts import second_factor


class Command(BaseCommand):
    help = "Delete the app, passkeys and recovery codes of a user, who sets them up anew at the next sign-in."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, **options):
        user = get_user_model().objects.filter(username=options["username"]).first()
        if not user:
            raise CommandError("There is no user of this name.")
        second_factor.reset(user)
        self.stdout.write(f"{user.get_username()} sets up a second step anew at the next sign-in.")
