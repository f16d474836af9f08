"""The demo account of try-out mode (`make run`), with a random password. Production doesn't start with it.

GROUP is the group of the safeguarding leads, who see the names of the people in the stories.
"""

import sys
from contextlib import suppress

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import DatabaseError
from django.db.models import Q

from accounts.secret_files import get_or_create_secret
from safeguarding.models import Contributor, Decision
from safeguarding.policies import GROUP

USERNAME = "demo"


def password_file():
    """Return the path of the file that keeps the demo account's password."""
    return settings.DATA_DIR / "demo_password"


def refuse_in_production():
    """End the program if the demo account exists in production, also under another name."""
    if settings.LOCAL:  # try-out mode or DEBUG
        return
    # Without a database or its tables there is no account. The server must start to answer health checks.
    with suppress(DatabaseError):
        if reason := find_demo_account():
            sys.exit(reason)


def find_demo_account():
    """Return a line that says why production does not start, or None."""
    users = get_user_model().objects
    if users.filter(username=USERNAME).exists():
        return (
            f"The demo account '{USERNAME}' exists in this database. Production does not start with it: "
            "use another database, or delete the account in try-out mode."
        )
    if password_file().exists():
        password = password_file().read_text()
        trusted = users.filter(Q(is_superuser=True) | Q(groups__name=GROUP), is_active=True).distinct()
        if any(user.check_password(password) for user in trusted):
            return (
                f"The password in {password_file()} is that of an administrator or of a safeguarding lead. "
                "Production does not start with the demo account under another name: change the password, "
                "or delete the account in try-out mode."
            )
    return None


def create():
    """Create the demo account if it is missing, as a lead only if no person in the database is a real one.

    Return its user name and its password. The password is None if the account exists and its file is missing.
    """
    users = get_user_model().objects
    if not users.filter(username=USERNAME).exists():
        # A file of an earlier account, such as one in another database, would give the new one its password.
        password_file().unlink(missing_ok=True)
        user = users.create_superuser(USERNAME, "", get_or_create_secret(password_file(), random_bytes=12))
        group = Group.objects.filter(name=GROUP).first()
        # Imported here, because production imports this module and needs no demo.
        from stories.demo.load import read_rows

        # The demo's people are invented. A password that was printed must not give access to real ones.
        codes = [row["code"] for row in read_rows("people")]
        if group and not Contributor.objects.exclude(code__in=codes).exists():
            user.groups.add(group)
            # The account is that of the lead who decided, so a later draft shows what changed since.
            Decision.objects.filter(decided_by=None).update(decided_by=user)
            waiting = Contributor.objects.exclude(proposed_at=None)
            waiting.update(proposed_by=user, proposed_at=user.date_joined)
    return USERNAME, password_file().read_text() if password_file().exists() else None
