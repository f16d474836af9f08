"""Backups: the whole site, database and files, in one archive, and back. docs/backups.md tells of it."""


class BackupError(Exception):
    """A backup or a restore can't be. The message says why, to the person at the terminal."""
