"""Restores a backup: verifies all of it, adds the files, replaces the database, deletes the old files.

Then it migrates the database of an older backup, withdraws people again who withdrew since the backup, and
writes the outage page, which visitors get while the site is down, with the restored telephone numbers of help
lines.
"""

from contextlib import suppress

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from caching import content_version
from operations import outage
from operations.backup import BackupError, archive, files
from operations.backup.create import DATABASE_MODULES
from safeguarding.withdrawal import ledger

# Tables that the migrations leave empty: {table: what its rows are called in the message}.
CONTENT_TABLES = {
    "auth_user": "users",
    "wagtailcore_revision": "revisions",
    "wagtailcore_pagelogentry": "entries in the history of pages",
    "wagtailcore_modellogentry": "entries in other histories",
    "media_cleanimage": "pictures",
    "media_cleandocument": "documents",
}
# Exceptions that come from a manifest with unexpected contents.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)
DAMAGED = "Nothing was restored: the backup is damaged, or was altered."
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def restore_backup(path, report, overwrite=False):
    """Replace this site with the one in the archive at `path`.

    Arguments:
        report: called with a line of text for each step.
        overwrite: whether to replace a site that has content.
    Raises BackupError, and changes nothing, if the archive can't be restored. If something fails after the
    database was replaced, the error is raised too, and nobody in the stories is shown.
    """
    with archive.open_archive(path, report) as reader:
        try:
            refuse_incompatible(reader.manifest)
            report(f"Checked: {len(reader.manifest['members'])} parts, made {reader.manifest['made']}")
        except MALFORMED as error:
            raise BackupError(DAMAGED) from error
        file_restore = files.FileRestore(reader, report)
        if not overwrite:
            refuse_to_overwrite(file_restore)
        try:
            file_restore.add()
            DATABASE_MODULES[connection.vendor].load(reader, report)
        except BaseException as error:
            file_restore.undo()
            # COPY and SQLite's backup bypass Django, so their errors are the driver's own.
            if isinstance(error, DatabaseError | connection.Database.Error | OSError):
                raise BackupError(f"Nothing was restored: {first_line(error)}") from error
            if isinstance(error, MALFORMED):
                raise BackupError(DAMAGED) from error
            raise
        try:
            clear_caches()
            file_restore.finish()
            migrate(report)
            # People who withdrew since the backup are in it again. Withdraw them anew.
            ledger.apply(report)
        except BaseException:
            # Take down the stories of everybody, because some of them may have withdrawn. If the migration
            # failed, the database may lack the tables for it.
            with suppress(DatabaseError):
                ledger.hold_everybody(ledger.FAILED, report)
            raise
    outage.write_page()


def refuse_incompatible(manifest):
    """Raise BackupError if the archive is of another kind of database, or of a later version of the site."""
    vendor = manifest["database"]
    if vendor != connection.vendor:
        theirs, ours = NAMES.get(vendor, vendor), NAMES[connection.vendor]
        raise BackupError(
            f"The backup is of {theirs}, and this site uses {ours}. "
            f"Restore it into a site that uses {theirs}."
        )
    known = set(MigrationExecutor(connection).loader.disk_migrations)
    # An app that was removed since the backup has no migrations here, and its tables do no harm.
    installed = {app for app, _name in known}
    later = [key for key in manifest["migrations"] if key[0] in installed and tuple(key) not in known]
    if later:
        raise BackupError(
            f"The backup was made by a later version of the site: this one has no migration {later[0]}."
        )


def refuse_to_overwrite(file_restore):
    """Raise BackupError, with a list of what would be lost, if this site has content."""
    lost = [f"{number} {words}" for words, number in existing_content()]
    if file_restore.existing:
        lost.append(f"{len(file_restore.existing)} files")
    if lost:
        raise BackupError(
            f"There is a site here already: {', '.join(lost)}. "
            "Make a backup of it, and then add --overwrite: all of that will be gone."
        )


def existing_content():
    """Yield (name, number of rows) for each table of CONTENT_TABLES that has rows."""
    there = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, words in CONTENT_TABLES.items():
            if table not in there:
                continue
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a name from above
            if number := cursor.fetchone()[0]:
                yield words, number


def clear_caches():
    """Clear what is cached from the old database, because the restore sends no signals."""
    ContentType.objects.clear_cache()
    content_version.change()


def migrate(report):
    """Apply the migrations that an older backup lacks."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        report("The backup is of an older version: migrating")
        call_command("migrate", interactive=False, verbosity=0)


def first_line(error):
    """Return the first line of the message. The others can repeat contents of the database."""
    return str(error).partition("\n")[0]
