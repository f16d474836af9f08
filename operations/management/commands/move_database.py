"""Copy all rows of a SQLite database into the new PostgreSQL database of DATABASE_URL."""

from itertools import batched
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from wagtail.models import Page

from operations import restoring

BATCH = 500  # rows in memory at a time
# Each database has its own tables for the search. `update_index` fills them.
LEFT_OUT = {"wagtailsearch"}


class Command(BaseCommand):
    help = (
        "Copy all rows of the SQLite database FILE into the database of DATABASE_URL, an empty PostgreSQL. "
        "Stop the site first. Pictures, documents and the list of withdrawals stay in the data folder."
    )
    requires_system_checks = ()  # Some query the database, which may be empty.

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="such as /data/db.sqlite3")

    def handle(self, *args, file, **options):
        # A page that is hidden in the old database after the copy would be public in the new one.
        with restoring.alone():
            self.move(file)

    def move(self, file):
        if connection.vendor != "postgresql" or not file.is_file():
            raise CommandError("DATABASE_URL must be that of a PostgreSQL database, and FILE one of SQLite.")
        call_command("migrate", interactive=False, verbosity=0)
        if Page.objects.filter(Q(depth__gt=2) | Q(latest_revision__isnull=False)).exists():
            raise CommandError("The database of DATABASE_URL has pages already. Nothing was changed.")
        sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file.resolve())}
        connections.settings["source"] = connections.configure_settings({"default": sqlite})["default"]
        source = connections["source"]
        if missing := migrations_of(connection) ^ migrations_of(source):
            names = ", ".join(sorted("/".join(each) for each in missing))
            raise CommandError(
                f"First start this version of the site with SQLite. Migrations differ: {names}."
            )
        models = [each for each in apps.get_models(include_auto_created=True) if is_copied(each)]
        with transaction.atomic(), connection.cursor() as cursor:
            tables = ", ".join(connection.ops.quote_name(each._meta.db_table) for each in models)
            cursor.execute(f"TRUNCATE {tables} CASCADE")
            for model in models:
                copy_rows(model, cursor)
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
        call_command("update_index", verbosity=0)
        self.stdout.write("All rows are in the new database. Start the site with it.")


def migrations_of(database):
    return {*MigrationRecorder(database).applied_migrations()}


def is_copied(model):
    options = model._meta
    return options.managed and not options.proxy and options.app_label not in LEFT_OUT


def copy_rows(model, cursor):
    """Copy the rows of the table of `model`, but not those of the tables of its parents."""
    fields = model._meta.local_concrete_fields
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
    rows = model._base_manager.using("source").values_list(*(field.attname for field in fields))
    for batch in batched(rows.iterator(BATCH), BATCH):
        cursor.executemany(insert, [prepare_row(fields, row) for row in batch])


def prepare_row(fields, row):
    return [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]
