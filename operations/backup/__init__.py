"""Backup and restore of the whole site, database and files, in one archive. See docs/backups.md."""


class BackupError(Exception):
    """A backup or a restore failed. The message is shown to the person at the terminal."""
