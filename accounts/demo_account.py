"""The demo account of try-out mode (`make run`), with a random password. Production doesn't start with it."""

import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from accounts.secret_files import get_or_create_secret
from safeguarding.policies import GROUP

USERNAME = "demo"


def password_file():
    """Return the path of the file that keeps the demo account's password."""
    return settings.DATA_DIR / "demo_password"


def refuse_in_production():
    """End the program if the demo account exists in production."""
    if settings.LOCAL:  # try-out mode or DEBUG
        return
    try:
        found = get_user_model().objects.filter(username=USERNAME).exists()
    except DatabaseError:
        # Without a database or its tables there is no account. The server must start to answer health checks.
        found = False
    finally:
        # gunicorn forks after this call, and the worker processes must not share a connection.
        connection.close()
    if found:
        sys.exit(
            f"The demo account '{USERNAME}' exists in this database. Production does not start with it: "
            "use another database, or delete the account in try-out mode."
        )


def create():
    """Create the demo account if it is missing. It is a safeguarding lead: the demo's people are invented.

    Return its user name and its password. The password is None if the account exists and its file is missing.
    """
    users = get_user_model().objects
    if not users.filter(username=USERNAME).exists():
        password_file().unlink(missing_ok=True)
        user = users.create_superuser(USERNAME, "", get_or_create_secret(password_file(), random_bytes=12))
        user.groups.add(*Group.objects.filter(name=GROUP))
    try:
        return USERNAME, password_file().read_text()
    except FileNotFoundError:
        return USERNAME, None
