"""Saves and restores the site for tests, and reads what they compare before and after."""

import hashlib
import io

from django.core.management import call_command
from django.db import connection


def save_site(path):
    """Make a backup in the file `path`, and return what the command printed."""
    out = io.StringIO()
    call_command("backup", str(path), stdout=out)
    return out.getvalue()


def restore_site(path, **options):
    """Restore the backup in the file `path`, and return what the command printed."""
    out = io.StringIO()
    call_command("restore", str(path), stdout=out, **options)
    return out.getvalue()


def row_counts():
    """Return {table: number of its rows}, 0 if a backup leaves rows out, or a restore adds some."""
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT COUNT(*) FROM "{name}"')  # noqa: S608
            found[name] = cursor.fetchone()[0]
    return found | {"django_session": 0, "accounts_loginattempt": 0, "caching_change": 0}


def checksums(folder):
    """Return the SHA-256 of each file in `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
