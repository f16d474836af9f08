"""The content version: it changes with every write to the database that visitors may see, and at midnight.

Whatever is cached for visitors is stored with the version at which it was begun, and is used only while the
version is the same. Every statement that this site sends to the database counts, so no code has to invalidate
anything: publishing, settings, snippets, bulk updates and SQL in a Django shell. Only statements that are
known to show on no public page are left out.

A write inserts a row with a random number into the table of `Change`, in its own transaction. The version is
made of the number of these rows and their sum. So it changes for everybody at the moment of the commit,
whatever the order of commits, and does not change if the transaction is rolled back or its process is killed.

A write that doesn't go through Django, as in psql or the sqlite3 shell, is not seen. Such changes show after
twice MAX_CACHE_SECONDS at most.
"""

import math
import re
import threading
import time
from contextlib import nullcontext
from functools import cache

from django.apps import apps
from django.db import Error, connection, transaction
from django.db.backends.signals import connection_created

from caching.local_date import today

# Seconds for which anything cached is used even if the version stays the same. A change that is not seen
# shows after twice this time at most, because a page may be made of parts that are cached.
MAX_CACHE_SECONDS = 60
# Seconds for which a process uses the version that it read last, for what is cached.
READ_SECONDS = 0.5
# Seconds for which a thread waits for another one that reads the version. Longer than any statement of the
# web server may take (operations/statement_timeout.py).
MAX_WAIT_SECONDS = 2
# Seconds for which the version counts as unchanged while the database doesn't answer.
MAX_UNREAD_SECONDS = 120
# Seconds after which a process that nobody asks for a page doesn't count as having just read the version.
# Longer than MAX_WAIT_SECONDS: while the database hangs, all readers may wait for another process.
MAX_QUIET_SECONDS = 10
# With more rows, trim() replaces them. To add up a million takes 160 ms.
MAX_ROWS = 1000

# Statements that change no row that visitors see: those that read, that begin or end a transaction, and those
# that change tables, but not their rows.
READING_STATEMENT = re.compile(
    r"[\s(]*(ALTER|ANALYZE|BEGIN|COMMIT|CREATE|DROP|EXPLAIN|LOCK|PRAGMA|REINDEX|RELEASE|RESET|ROLLBACK|SAVEPOINT|SELECT|SET"
    r"|SHOW|VACUUM)\b",
    re.IGNORECASE,
)
# Statements in the form that Django gives them. Others count as a change, whatever they write.
WRITING_STATEMENT = re.compile(
    r'\s*(?P<verb>INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+"?(?P<table>\w+)'
)
# A statement that is followed by another one.
SEVERAL_STATEMENTS = re.compile(r";\s*\S")
# An INSERT that changes rows which exist.
UPSERT = re.compile(r"\bDO\s+UPDATE\b", re.IGNORECASE)
# Tables of Wagtail and other packages that no public page shows anything of. Models of this site declare
# `shows_on_pages = False`.
UNSEEN_TABLES = {
    "auth_user",
    "django_session",
    "otp_static_staticdevice",
    "otp_static_statictoken",
    "otp_totp_totpdevice",
    "wagtailadmin_editingsession",
    "wagtailadmin_formstate",
    "wagtailcore_comment",
    "wagtailcore_commentreply",
    "wagtailcore_groupapprovaltask",
    "wagtailcore_modellogentry",
    "wagtailcore_pagelogentry",
    "wagtailcore_pagesubscription",
    "wagtailcore_revision",
    "wagtailcore_taskstate",
    "wagtailcore_uploadedfile",
    "wagtailcore_workflowstate",
    "wagtailsearch_indexentry",
    "wagtailusers_userprofile",
}
# Saving a draft of a live page changes only these columns of the page.
DRAFT_COLUMNS = {
    "draft_title",
    "has_unpublished_changes",
    "latest_revision_created_at",
    "latest_revision_id",
}
# An UPDATE of one page. The first group is the list of columns.
PAGE_UPDATE = re.compile(r'UPDATE "wagtailcore_page" SET (.+) WHERE "wagtailcore_page"\."id" = %s$')


class ContentVersion:
    """The version as this process knows it: a tuple, or None while it is unknown. Threads share it."""

    def __init__(self):
        self.lock = threading.Lock()
        # What was read last, the time.monotonic() at which that query began, and that of the next attempt.
        self.version, self.read_at, self.next_try_at = None, -math.inf, -math.inf
        self.hangs = False  # whether the database takes longer than MAX_WAIT_SECONDS

    def read(self):
        """Return the version from the database. Raises Error if the database doesn't answer.

        It includes the date in the site's time zone. Consents end with a day, so at midnight nothing that is
        cached is used any more, even if nothing else is running that would notice.
        """
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*), SUM(number) FROM caching_change")
            version = *cursor.fetchone(), today().toordinal()
        # A thread that began earlier may end later.
        if began > self.read_at:
            self.version, self.read_at = version, began
        return version

    def recent(self, between_requests=False):
        """Return the version as it was within the last READ_SECONDS.

        Only one thread reads it at a time, and the others wait for it. While the database doesn't answer, the
        version counts as unchanged for MAX_UNREAD_SECONDS, and is None after that. It is None at once if
        nobody had asked for a while: a page may have been taken down since. If the database hangs, no further
        thread waits.

        `between_requests`: whether Django has not looked yet whether the connection is lost.
        """
        if self.is_old():
            self.hangs = not self.lock.acquire(timeout=0 if self.hangs else MAX_WAIT_SECONDS)
            if not self.hangs:
                try:
                    self._try_to_read(between_requests)
                finally:
                    self.lock.release()
        version = self.version
        if version is None or time.monotonic() - self.read_at >= MAX_UNREAD_SECONDS:
            return None
        # The date may have changed since.
        return *version[:2], today().toordinal()

    def is_old(self):
        return self.version is None or time.monotonic() - self.read_at >= READ_SECONDS

    def _try_to_read(self, between_requests):
        # Not if another thread read it meanwhile, or could not a moment ago.
        if not self.is_old() or time.monotonic() < self.next_try_at:
            return
        if time.monotonic() - max(self.read_at, self.next_try_at) > MAX_QUIET_SECONDS:
            self.version = None  # Other threads get it while this one waits for the database.
        self.next_try_at = time.monotonic() + READ_SECONDS
        try:
            if between_requests and not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            self.read()
        except Error:
            # It may have taken long.
            self.next_try_at = time.monotonic() + READ_SECONDS

    def expire(self):
        """Let recent() read the version anew, because this process has changed it.

        Until then it is unknown: no page of before may be sent, also if the database fails now. A thread that
        is reading it at the moment may get the old one, and doesn't store it.
        """
        self.version, self.read_at, self.next_try_at = None, time.monotonic(), -math.inf


content_version = ContentVersion()


def change():
    """Change the version, because something changed that is not in the database, or already was."""
    with transaction.atomic():
        insert_change(connection)


def trim():
    """Replace the rows by a new one if there are many. It keeps the version from being one of before."""
    from caching.models import Change  # The models are loaded after this module.

    with transaction.atomic():
        if Change.objects.count() > MAX_ROWS:
            Change.objects.all().delete()
            insert_change(connection)


# --- Statements that change the version -----------------------------------------------------------


@cache
def tables_without(attribute):
    """Return the tables of the models that declare `attribute` as False. Subclasses don't inherit it.

    `shows_on_pages`: whether a public page shows anything of the rows. What a decision changes for readers
    is written to other tables: the releases of pages (safeguarding/uses.py), and the field `shown_until` of
    pictures. `new_rows_show_on_pages`: the same for new rows alone. If those of renditions counted, each that
    a page makes would empty all caches. The sitemap, which lists them, has a new one after MAX_CACHE_SECONDS
    at most.
    """
    return {model._meta.db_table for model in apps.get_models() if vars(model).get(attribute) is False}


def may_change_public_pages(sql):
    """Return whether the statement `sql` may change what visitors see. An unknown statement may."""
    if not isinstance(sql, str) or SEVERAL_STATEMENTS.search(sql):
        return True
    if READING_STATEMENT.match(sql):
        return False
    write = WRITING_STATEMENT.match(sql)
    if not write:
        return True
    if write["table"] in UNSEEN_TABLES | tables_without("shows_on_pages"):
        return False
    if write["verb"].startswith("INSERT") and write["table"] in tables_without("new_rows_show_on_pages"):
        return bool(UPSERT.search(sql))
    if page_update := PAGE_UPDATE.match(sql):
        columns = set(re.findall(r'"(\w+)" = ', page_update[1]))
        return not columns <= DRAFT_COLUMNS
    return True


def change_version_for_write(execute, sql, params, many, context):
    """Run a statement. If it may show, insert a row that changes the version, in the same transaction.

    This is a wrapper for `connection.execute_wrappers`.
    """
    database = context["connection"]
    if isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
        # The row may have been inserted since the savepoint.
        database.run_on_commit = [
            (savepoints, expire_only if callback == content_version.expire else callback, robust)
            for savepoints, callback, robust in database.run_on_commit
        ]
    if not may_change_public_pages(sql) or not has_table(database):
        return execute(sql, params, many, context)
    with nullcontext() if database.in_atomic_block else transaction.atomic(using=database.alias):
        # First, because a statement that fails may have changed rows: on SQLite, executemany() does.
        if not is_changed(database):
            insert_change(database)
        result = execute(sql, params, many, context)
        if database.vendor == "sqlite" and " RETURNING " in sql:
            # SQLite commits only after the rows are fetched. Django fetches such rows with this method alone.
            rows = context["cursor"].fetchall()
            context["cursor"].fetchall = lambda: rows
        return result


def expire_only():
    """Do as the callback content_version.expire, which also says that the transaction has a row."""
    content_version.expire()


def is_changed(database):
    """Return whether the open transaction has a row that is committed whenever the next statement is.

    That is not so for a row that was inserted within a savepoint which has ended, or was rolled back.
    """
    open_savepoints = set(database.savepoint_ids)
    return any(
        callback == content_version.expire and savepoints <= open_savepoints
        for savepoints, callback, _robust in database.run_on_commit
    )


def insert_change(database):
    from caching.models import Change

    Change.objects.using(database.alias).create()
    database.on_commit(content_version.expire)


def has_table(database):
    """Return whether the table of `Change` is there. The first migrations write before it is made."""
    if not getattr(database, "has_change_table", False):
        database.has_change_table = "caching_change" in database.introspection.table_names()
    return database.has_change_table


def watch_connection(connection, **_arguments):
    # Django sends the signal again when the same connection object connects anew.
    if change_version_for_write not in connection.execute_wrappers:
        connection.execute_wrappers.append(change_version_for_write)


def start():
    """Watch all connections to the database that are opened from now on."""
    connection_created.connect(watch_connection, dispatch_uid="content_version")
