"""A mark that changes with whatever visitors may see: what is kept for them is good only as long as it stays.

All that is written to the database changes it, so nobody can forget to: publishing, settings, snippets, bulk
updates, SQL in a shell. Left out is only what is known to show on no public page. All processes share the
mark: it is the time of a file in the data folder or, when CACHE_URL is set, a value in that cache.
"""

import logging
import os
import re
import time
import uuid
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.signals import connection_created

logger = logging.getLogger(__name__)

KEY = "generation"
READS = re.compile(
    r"[\s(]*(BEGIN|EXPLAIN|PRAGMA|RELEASE|ROLLBACK|SAVEPOINT|SELECT|SET|SHOW)\b", re.IGNORECASE
)
WRITES = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
# Tables of which nothing shows on a public page.
UNSEEN = {
    "auth_user",
    "django_session",
    "otp_static_staticdevice",
    "otp_static_statictoken",
    "otp_totp_totpdevice",
    "search_missedsearch",
    "accounts_loginattempt",
    "accounts_passkey",
    "wagtailadmin_editingsession",
    "wagtailcore_comment",
    "wagtailcore_commentreply",
    "wagtailcore_groupapprovaltask",
    "wagtailcore_modellogentry",
    "wagtailcore_pagelogentry",
    "wagtailcore_pagesubscription",
    "wagtailcore_referenceindex",
    "wagtailcore_revision",
    "wagtailcore_taskstate",
    "wagtailcore_uploadedfile",
    "wagtailcore_workflowstate",
    "wagtailsearch_indexentry",
    "wagtailusers_userprofile",
}
# Of a page that is saved as a draft, only these change.
DRAFT = {"draft_title", "has_unpublished_changes", "latest_revision_created_at", "latest_revision_id"}
DRAFT_IS_SAVED = re.compile(r'UPDATE "wagtailcore_page" SET (.+) WHERE "wagtailcore_page"\."id" = %s$')


class FileMark:
    """The mark as the time of a file, in nanoseconds. A change needs no space on the disk."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """Return the mark; None when it can't be known, and no copy may be used."""
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError:
            self.change()
            return None
        except OSError:
            return None

    def change(self):
        now = time.time_ns()
        try:
            os.utime(self.path, ns=(now, now))
        except FileNotFoundError:
            self.path.touch()


class CacheMark:
    """The mark as a value in the cache that all machines share."""

    def __init__(self):
        self.is_late = False

    def read(self):
        """Return the mark; None when it can't be known, and no copy may be used."""
        if self.is_late:
            self.change()
        try:
            return cache.get_or_set(KEY, new_value, timeout=None) if not self.is_late else None
        except Exception:
            return None

    def change(self):
        """Change the mark. While the cache is down nobody uses a copy; it is made up for when it is back."""
        try:
            cache.set(KEY, new_value(), timeout=None)
            self.is_late = False
        except Exception:
            self.is_late = True
            logger.exception("The cache of CACHE_URL does not answer.")


def new_value():
    return uuid.uuid4().hex


mark = CacheMark() if settings.CACHE_URL else FileMark(settings.DATA_DIR / KEY)

# --- What is kept --------------------------------------------------------------------------------

# In seconds. What slips past the mark lasts no longer.
FRESH = 60
mark_of_visit = ContextVar("mark_of_visit", default=None)


@contextmanager
def visit(now):
    """Let `kept` keep what is made for a visitor, who came when the mark was `now`."""
    token = mark_of_visit.set(now)
    try:
        yield
    finally:
        mark_of_visit.reset(token)


class Kept:
    """What pages have in common: made once, and then used by this process for as long as the mark stays.

    `most`: so many things at most; with one more, all are forgotten.
    """

    def __init__(self, most=3000):
        self.most = most
        self.shelf = None, 0, {}

    def __call__(self, key, make, now=None):
        """Return what `make` returns, or returned before for the same `key`. Nobody may change it.

        `now`: the mark, where it is not that of the visit. Without one, and within a transaction, it is
        always made: it may be for an editor, or be what is never committed.
        """
        return self.many(key, [None], lambda _keys: {None: make()}, now)[None]

    def many(self, name, keys, make, now=None):
        """Return {key: value} for `keys`, of which `make` is asked for those that are not kept under `name`.

        What `make` has no value for is left out.
        """
        now = now or mark_of_visit.get()
        if now is None or in_transaction():
            return make(keys)
        values = self.values_of(now)
        found = {key: values[name, key] for key in keys if (name, key) in values}
        if missing := [key for key in keys if key not in found]:
            if len(values) >= self.most:
                values = self.start(now)
            made = make(missing)
            values.update({(name, key): value for key, value in made.items()})
            found |= made
        return found

    @property
    def is_open(self):
        """Whether anything is kept now."""
        return mark_of_visit.get() is not None and not in_transaction()

    def values_of(self, now):
        known, since, values = self.shelf
        is_fresh = known == now and 0 <= time.monotonic() - since < FRESH
        return values if is_fresh else self.start(now)

    def start(self, now):
        values = {}
        self.shelf = now, time.monotonic(), values
        return values


def in_transaction():
    return connection.in_atomic_block


kept = Kept()

# --- What changes the mark -----------------------------------------------------------------------


def shows(sql):
    """Return whether a statement may change what visitors see; what is not known, does."""
    if not isinstance(sql, str):
        return True
    if READS.match(sql):
        return False
    if table := WRITES.match(sql):
        if table[1] in UNSEEN:
            return False
        if saved := DRAFT_IS_SAVED.match(sql):
            return not set(re.findall(r'"(\w+)" = ', saved[1])) <= DRAFT
    return True


def watch(execute, sql, params, many, context):
    """Change the mark with what is written: at once, and again when others can see it."""
    result = execute(sql, params, many, context)
    if shows(sql):
        mark.change()
        connection = context["connection"]
        if connection.in_atomic_block:
            # A copy made between the two has seen the old words.
            connection.on_commit(mark.change)
    return result


def watch_connection(connection, **_arguments):
    if watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(watch)


def start():
    connection_created.connect(watch_connection, dispatch_uid="generation")
