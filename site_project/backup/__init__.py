"""Backups: the whole site, database and files, in one archive, and back. docs/backups.md tells of it."""

from django.dispatch import Signal

# Sent when a restore has changed the database past Django's models: what was kept of it is out of date.
restored = Signal()


class BackupError(Exception):
    """A backup or a restore can't be. The message says why, to the person at the terminal."""
