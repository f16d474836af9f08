"""The account of the try-out mode: made with a random password, and never let into production."""

import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection

from accounts.secret_files import kept_secret

USERNAME = "demo"


def password_file():
    """Return the path of the file that keeps the demo account's password."""
    return settings.DATA_DIR / "demo_password"


def refuse_in_production():
    """Stop the start when the demo account exists outside the local modes."""
    if settings.LOCAL:
        return
    try:
        found = get_user_model().objects.filter(username=USERNAME).exists()
    except DatabaseError:
        # No database, or no tables in it yet: no account either. The server may start and answer its checks.
        found = False
    finally:
        # The server forks after this: its processes must not share the connection.
        connection.close()
    if found:
        sys.exit(
            f"The demo account '{USERNAME}' exists in this database. Production does not start with it: "
            "use another database, or delete the account in try-out mode."
        )


def make():
    """Make the demo account when it is missing; return (user name, password or None if not known)."""
    users = get_user_model().objects
    if not users.filter(username=USERNAME).exists():
        password_file().unlink(missing_ok=True)
        users.create_superuser(USERNAME, "", kept_secret(password_file(), random_bytes=12))
    try:
        return USERNAME, password_file().read_text()
    except FileNotFoundError:
        return USERNAME, None
