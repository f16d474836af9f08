"""Brings a backup back: checked whole, then files beside the old ones, then the database at once."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from caching.generation import mark
from operations import outage
from operations.backup import BackupError, archive, files
from operations.backup.making import DATABASES

# What the migrations put nothing into, and whoever works on a site does.
TELLING = {
    "auth_user": "users",
    "wagtailcore_revision": "revisions",
    "wagtailcore_pagelogentry": "entries in the history of pages",
    "wagtailcore_modellogentry": "entries in other histories",
    "media_cleanimage": "pictures",
    "media_cleandocument": "documents",
}
# What goes wrong where the manifest lists something else than a backup does.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)
DAMAGED = "Nothing was restored: the backup is damaged, or was altered."
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def restore(path, report, overwrite=False):
    """Put the site of the archive at `path` in the place of this one; nothing changes when it can't be."""
    with archive.opened(path, report) as reader:
        try:
            refuse_other_site(reader.manifest)
            report(f"Checked: {len(reader.manifest['members'])} parts, made {reader.manifest['made']}")
        except MALFORMED as error:
            raise BackupError(DAMAGED) from error
        restoring = files.Restoring(reader, report)
        if not overwrite:
            refuse_to_lose(restoring)
        try:
            restoring.add()
            DATABASES[connection.vendor].load(reader, report)
        except BaseException as error:
            restoring.undo()
            # Not all of the drivers' errors come as Django's: COPY and SQLite's own file are read without it.
            if isinstance(error, DatabaseError | connection.Database.Error | OSError):
                raise BackupError(f"Nothing was restored: {first_line(error)}") from error
            if isinstance(error, MALFORMED):
                raise BackupError(DAMAGED) from error
            raise
        forget_what_was_kept()
        restoring.finish()
    migrate(report)
    outage.write_page()


def refuse_other_site(manifest):
    """Raise BackupError when the archive's database is none that this version of the site can have."""
    here, there = connection.vendor, manifest["database"]
    if there != here:
        names = NAMES.get(there, there), NAMES[here]
        raise BackupError("The backup is of {} and this site uses {}. Restore it there.".format(*names))
    known = set(MigrationExecutor(connection).loader.disk_migrations)
    installed = {app for app, _name in known}
    later = [key for key in manifest["migrations"] if key[0] in installed and tuple(key) not in known]
    if later:
        raise BackupError(
            f"The backup was made by a later version of the site: this one has no migration {later[0]}."
        )


def refuse_to_lose(restoring):
    """Raise BackupError, with what would be lost, when there is a site already."""
    lost = [f"{number} {words}" for words, number in found_here()]
    if restoring.here:
        lost.append(f"{len(restoring.here)} files")
    if lost:
        raise BackupError(
            f"There is a site here already: {', '.join(lost)}. "
            "Make a backup of it, and then add --overwrite: all of that will be gone."
        )


def found_here():
    """Yield (words, number) of each kind of content in the database."""
    there = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, words in TELLING.items():
            if table not in there:
                continue
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a name from above
            if number := cursor.fetchone()[0]:
                yield words, number


def forget_what_was_kept():
    """Empty all that was kept of the old database: it changed past all that watches it."""
    for alias in settings.CACHES:
        caches[alias].clear()
    ContentType.objects.clear_cache()
    mark.change()


def migrate(report):
    """Bring an older backup to the migrations of this version."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        report("The backup is of an older version: migrating")
        call_command("migrate", interactive=False, verbosity=0)


def first_line(error):
    """Return what `error` says without its details, which repeat what is in the database."""
    return str(error).partition("\n")[0]
