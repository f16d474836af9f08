"""The content version: it changes with every write to the database that visitors may see, and at midnight.

Whatever is cached for visitors is stored with the version at which it was begun, and is used only while the
version is the same. Every statement that this site sends to the database counts, so no code has to invalidate
anything: publishing, settings, snippets, bulk updates and SQL in a Django shell. Only statements that are
known to show on no public page are left out.

A write that doesn't go through Django, as in psql or the sqlite3 shell, is not seen. Such changes show after
twice MAX_CACHE_SECONDS at most.

All processes share the version. It is the modification time of a file in the data folder or, when CACHE_URL
is set, a value in that Redis (caching/shared_version.py).
"""

import os
import re
import time
from contextlib import suppress

from django.conf import settings
from django.db.backends.signals import connection_created

from caching.change_time import Change, change_time, kind_of
from caching.commits import before_commit
from caching.local_date import today

# Seconds for which anything cached is used even if the version stays the same. A change that is not seen
# shows after twice this time at most, because a page may be made of parts that are cached.
MAX_CACHE_SECONDS = 60

# Seconds without a change after which more changes are unlikely. Outside of a transaction, statements often
# follow each other within milliseconds. After a commit, seldom more is to come.
SETTLE_SECONDS = 0.1

# Seconds that a commit may take. If one takes longer, its process may have been killed, or have lost the
# connection, and nobody knows whether the change was made. The version then changes once more.
MAX_COMMIT_SECONDS = 2

# The name of the file in the data folder.
NAME = "content_version"
# Statements that change no row, and those that begin or end a transaction.
READING_STATEMENT = re.compile(
    r"[\s(]*(BEGIN|EXPLAIN|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT|SELECT|SET|SHOW)\b", re.IGNORECASE
)
# Statements in the form that Django gives them. Others count as a change, whatever they write.
WRITING_STATEMENT = re.compile(
    r'\s*(?P<verb>INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+"?(?P<table>\w+)'
)
# A statement that is followed by another one.
SEVERAL_STATEMENTS = re.compile(r";\s*\S")
# An INSERT that changes rows which exist.
UPSERT = re.compile(r"\bDO\s+UPDATE\b", re.IGNORECASE)
# Tables that no public page shows anything of. What a consent or decision changes for readers is written to
# other tables: the releases of pages (safeguarding/uses.py), and the field `shown_until` of pictures.
UNSEEN_TABLES = {
    "auth_user",
    "django_session",
    "otp_static_staticdevice",
    "otp_static_statictoken",
    "otp_totp_totpdevice",
    "search_missedsearch",
    "accounts_loginattempt",
    "accounts_passkey",
    "caching_missedchange",
    "safeguarding_consent",
    "safeguarding_decision",
    "safeguarding_keycheck",
    "safeguarding_leakhits",
    "safeguarding_notice",
    "safeguarding_restrictedview",
    "safeguarding_unfinishedentry",
    "safeguarding_withdrawal",
    "safeguarding_withdrawaltask",
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
    "wordpress_import_importedfile",
    "wordpress_import_importeditem",
}
# Tables whose new rows show on no public page. Only changed and deleted rows do. If new rows counted, each
# rendition that a page makes would empty all caches. The sitemap, which lists the existing renditions, has a
# new one after MAX_CACHE_SECONDS at most.
TABLES_WITH_UNSEEN_INSERTS = {"media_rendition"}
# Saving a draft of a live page changes only these columns of the page.
DRAFT_COLUMNS = {
    "draft_title",
    "has_unpublished_changes",
    "latest_revision_created_at",
    "latest_revision_id",
}
# An UPDATE of one page. The first group is the list of columns.
PAGE_UPDATE = re.compile(r'UPDATE "wagtailcore_page" SET (.+) WHERE "wagtailcore_page"\."id" = %s$')


class FileContentVersion:
    """The version as the modification time of a file, in nanoseconds. A change needs no space on the disk."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """Return the version, or None if it is unknown. Then nothing cached may be used."""
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError:
            self.change(Change.STATEMENT)
            return None
        except OSError:
            return None

    def peek(self):
        """Return the version, or None if it is unknown."""
        return self.read()

    def changed_at(self, version):
        return version

    def change(self, kind):
        """Change the version, and return the new one. `kind`: a Change."""
        now = change_time(kind)
        try:
            os.utime(self.path, ns=(now, now))
        except FileNotFoundError:
            self.path.touch()
            os.utime(self.path, ns=(now, now))
        return now


class DatedContentVersion:
    """The content version `version` together with the date in the site's time zone.

    Consents end with a day. So at midnight nothing that is cached is used any more, even if nothing else is
    running that would notice.
    """

    def __init__(self, version):
        self.version = version

    def read(self):
        """Return the version and the date. None if the version is unknown, or if a change has only begun."""
        version = self.version.read()
        if version is None:
            return None
        if self._is_begun(version):
            # The clock of the machine that began it may be ahead.
            if abs(time.time_ns() - self.version.changed_at(version)) >= MAX_COMMIT_SECONDS * 1e9:
                with suppress(OSError):  # It can't be written. Then it stays unknown.
                    self.change()
            return None
        return version, today().toordinal()

    def is_settled(self, version):
        """Return whether the last change is complete. `version`: what read() returned.

        It is if it came after a commit, or is older than SETTLE_SECONDS. A version that stays unknown is
        settled, as is one of the future, which another machine's clock has made.
        """
        if version is None:
            # It is known again if a change, with which it was unknown, has just ended.
            return self.version.read() is None
        changed_at = self.version.changed_at(version[0])
        age = time.time_ns() - changed_at
        return kind_of(changed_at) == Change.COMMIT or not 0 <= age < SETTLE_SECONDS * 1e9

    def change(self):
        """Change the version, because something changed that is not in the database, or already was."""
        self.version.change(Change.STATEMENT)

    def begin_change(self):
        """Change the version before a change of the database. Return what end_change() takes."""
        return self.version.change(Change.BEGUN)

    def end_change(self, begun, kind):
        """Change the version after a change of the database.

        `begun`: what begin_change() returned. `kind`: a Change. If another change has begun in between, the
        version only changes at the end of that one.
        """
        last = self.version.peek()
        if last == begun or not self._is_begun(last):
            self.version.change(kind)

    def _is_begun(self, version):
        return version is not None and kind_of(self.version.changed_at(version)) == Change.BEGUN


def make_content_version():
    """Return the content version in the Redis of CACHE_URL or, without one, in the data folder."""
    if not settings.CACHE_URL:
        return FileContentVersion(settings.DATA_DIR / NAME)
    # Imported here, because it loads redis, which slows each start.
    from caching.shared_version import SharedContentVersion

    return SharedContentVersion(settings.CACHE_URL, settings.CACHES["default"]["OPTIONS"])


content_version = DatedContentVersion(make_content_version())

# --- Statements that change the version -----------------------------------------------------------


def may_change_public_pages(sql):
    """Return whether the statement `sql` may change what visitors see. An unknown statement may."""
    if not isinstance(sql, str):
        return True
    if SEVERAL_STATEMENTS.search(sql):
        return True
    if READING_STATEMENT.match(sql):
        return False
    write = WRITING_STATEMENT.match(sql)
    if not write:
        return True
    if write["table"] in UNSEEN_TABLES:
        return False
    if write["verb"].startswith("INSERT") and write["table"] in TABLES_WITH_UNSEEN_INSERTS:
        return bool(UPSERT.search(sql))
    page_update = PAGE_UPDATE.match(sql)
    if page_update:
        columns = set(re.findall(r'"(\w+)" = ', page_update[1]))
        return not columns <= DRAFT_COLUMNS
    return True


def change_version_for_write(execute, sql, params, many, context):
    """Run a statement, and change the version if it may show: at once or, in a transaction, at its commit.

    It changes before and after, in case this process is killed in between. This is a wrapper for
    `connection.execute_wrappers`.
    """
    if not may_change_public_pages(sql):
        return execute(sql, params, many, context)
    connection = context["connection"]
    if connection.in_atomic_block:
        result = execute(sql, params, many, context)
        if find_commit(connection) is None:
            connection.on_commit(Commit())
        return result
    begun = content_version.begin_change()
    try:
        return execute(sql, params, many, context)
    finally:
        content_version.end_change(begun, Change.STATEMENT)


class Commit:
    """Callback after the commit of a transaction that may show. It changes the version."""

    begun = None

    def __call__(self):
        content_version.end_change(self.begun, Change.COMMIT)


def find_commit(connection):
    """Return the Commit of the open transaction. None if no statement that may show is to be committed."""
    callbacks = (callback for _savepoints, callback, _robust in connection.run_on_commit)
    return next((callback for callback in callbacks if isinstance(callback, Commit)), None)


def change_before_commit(connection, **_arguments):
    """Signal receiver: change the version before the commit."""
    if commit := find_commit(connection):
        commit.begun = content_version.begin_change()


def watch_connection(connection, **_arguments):
    # Django sends the signal again when the same connection object connects anew.
    if change_version_for_write not in connection.execute_wrappers:
        connection.execute_wrappers.append(change_version_for_write)


def start():
    """Watch all connections to the database that are opened from now on."""
    connection_created.connect(watch_connection, dispatch_uid="content_version")
    before_commit.connect(change_before_commit, dispatch_uid="content_version")
