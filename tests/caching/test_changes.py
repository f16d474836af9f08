"""A change shows at the next request to each process, because it changes the content version."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Queue

import pytest
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from wagtail.models import PageViewRestriction, Site

from caching import cache_request, cacheable, page_cache, versioned_cache
from caching import content_version as version_module
from caching.content_version import change as change_version
from caching.content_version import content_version, may_change_public_pages
from caching.models import Change
from home.models import HomePage, SiteSettings
from publishing import hiding, trash
from stories.models import StoryAuthor, StoryPage
from stories.terms import Theme
from tests.support import builders, queries
from tests.support.undone import undone
from tests.support.wsgi import SiteClient

pytestmark = pytest.mark.usefixtures("visible_rows")
# For tests whose transactions are committed. Migrations' data is restored afterwards.
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BROWSER = {"Accept-Encoding": "gzip, br"}


def words(response):
    """Return the body of `response`, decompressed."""
    body = response.content
    return gzip.decompress(body) if response.get("Content-Encoding") == "gzip" else body


# --- Changes show at the next request ------------------------------------------------------------


def write_sql(_story):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wagtailcore_page SET title = 'The new words' WHERE title = 'The old words'")


def edit(story):
    story.title = "The new words"
    story.save_revision().publish()


# Changes after which no page has the words of the story.
HIDING = {
    "unpublish": StoryPage.unpublish,
    "delete": StoryPage.delete,
    "make private": builders.make_private,
    "make a page above private": lambda story: builders.make_private(story.get_parent()),
    "hide": hiding.hide,
    "move to the trash": trash.move_to_trash,
}
NEW = "The new words"
CHANGES = HIDING | {
    "publish": edit,
    "move": lambda story: story.move(builders.make_index(builders.make_index(), "Africa")),
    "change a setting": lambda _story: SiteSettings.objects.create(
        site=Site.objects.get(), organisation_name=NEW
    ),
    "rename a theme": lambda _story: builders.save_with(Theme.objects.get(name="Mining"), name=NEW),
    "update in bulk": lambda _story: StoryPage.objects.update(summary=NEW),
    "write SQL": write_sql,
    "change the menu": lambda _story: builders.make_plain_page(NEW, show_in_menus=True),
    "change the words at the foot": lambda _story: HomePage.objects.update(footer_text=NEW),
    "name an author": lambda story: StoryAuthor.objects.create(story=story, author=builders.make_author(NEW)),
    "new story": lambda _story: builders.make_story(NEW),
}


def test_change_shows_at_the_next_request_to_each_process(story, subtests):
    for name, change in CHANGES.items():
        with subtests.test(name), undone():
            # All pages share one version, so one change is enough for the other pages and the other process.
            urls = ["/stories/", story.url, *(["/", "/search/?q=words"] if change is edit else [])]
            processes = [SiteClient(headers=BROWSER) for _process in range(2 if change is edit else 1)]
            change_version()  # the roll-back of the last change by undone() did not change it
            before = [words(client.get(url)) for client in processes for url in urls]
            assert all(b"The old words" in body for body in before[:2])
            change(StoryPage.objects.get())
            assert content_version.read() is not None, "without a version, nothing would be cached"
            after = [client.get(url) for client in processes for url in urls]
            # What a process answers that has nothing cached.
            change_version()
            fresh = SiteClient(headers=BROWSER)
            expected = [fresh.get(url) for url in urls] * len(processes)
            assert [(r.status_code, words(r)) for r in after] == [(r.status_code, words(r)) for r in expected]
            assert [words(response) for response in after] != before
            if name in HIDING:
                assert not any(b"The old words" in words(response) for response in after)


def test_page_is_cached_again_when_it_is_not_private_any_more(client, story):
    builders.make_private(story)
    assert client.get(story.url).status_code == 302
    PageViewRestriction.objects.all().delete()
    assert client.get(story.url)["Cache-Control"] == cache_request.PAGE_CACHE_CONTROL


def test_drafts_and_searches_do_not_change_the_version(client, story):
    editor = SiteClient()
    editor.force_login(builders.make_user("Editors"))
    client.get(story.url)
    story.title = "A draft"
    story.save_revision()
    saved = editor.post(f"/admin/pages/{story.pk}/edit/", builders.story_form(title="Another draft"))
    assert saved.status_code == 302
    SiteClient().get("/search/?q=nothing-has-this-word")
    assert queries.count_queries(client, story.url)[0] == 0


def test_page_made_during_a_change_is_not_used():
    answers = iter([b"old", b"new"])

    def application(environ, start_response):
        body = next(answers)
        environ[cacheable.ENVIRON_KEY].version = content_version.read()
        environ[cacheable.ENVIRON_KEY].begin("")  # the page may be cached
        if body == b"old":
            Theme.objects.create(name="Mining")  # Another process does this meanwhile.
        start_response("200 OK", [])
        return HttpResponse(body)

    client = SiteClient(page_cache.PageCache(application))
    assert client.get("/").content == b"old"
    assert client.get("/").content == b"new"


@committed
def test_page_made_before_a_commit_is_not_used_after_it():
    """Between a write and its commit, other connections read the old rows, and cache them."""
    story = builders.make_story("The old words")
    url = story.url
    seen = []

    def request_page():
        seen.append(SiteClient().get(url))
        connection.close()

    with transaction.atomic():
        edit(story)
        reader = threading.Thread(target=request_page)
        reader.start()
        reader.join()
    assert b"The old words" in seen[0].content
    assert b"The new words" in SiteClient().get(url).content


class Failed(Exception):
    """Raised to roll a transaction back."""


def write():
    Theme.objects.create(name="Mining")


def write_after_a_savepoint():
    with suppress(Failed), transaction.atomic():
        Theme.objects.create(name="Farming")
        raise Failed
    write()


def write_after_a_savepoint_without_a_block():
    savepoint = transaction.savepoint_create()
    Theme.objects.create(name="Farming")
    transaction.savepoint_rollback(savepoint)
    write()


def fail():
    with suppress(Failed), transaction.atomic():
        write()
        raise Failed


def fail_outside_of_a_transaction():
    with suppress(IntegrityError):
        Theme.objects.bulk_create([Theme(pk=1, name="a"), Theme(pk=1, name="b")])


# {what is written: (function that writes it, whether it is committed)}
WRITES = {
    "outside of a transaction": (write, True),
    "in a transaction": (transaction.atomic(write), True),
    "after a savepoint": (transaction.atomic(write_after_a_savepoint), True),
    "without a block": (transaction.atomic(write_after_a_savepoint_without_a_block), True),
    "in a transaction that fails": (fail, False),
    "in a statement that fails": (fail_outside_of_a_transaction, False),
}


@committed
@pytest.mark.parametrize("name", WRITES)
def test_version_changes_with_what_is_committed(name):
    write, is_changed = WRITES[name]
    before, rows = content_version.read(), Change.objects.count()
    write()
    assert (content_version.read() != before) == is_changed
    assert content_version.recent() == content_version.read(), "this process knows it at once"
    assert Change.objects.count() == rows + is_changed
    assert Theme.objects.filter(name="Mining").exists() == is_changed


@committed
def test_version_changes_in_any_order_of_commits():
    """A transaction that began first can be committed last. Both change the version."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    versions = [content_version.read()]

    def write_meanwhile():
        transaction.atomic(write)()
        versions.append(content_version.read())
        connection.close()

    with transaction.atomic():
        Theme.objects.create(name="Farming")
        writer = threading.Thread(target=write_meanwhile)
        writer.start()
        writer.join()
    versions.append(content_version.read())
    assert len(set(versions)) == 3


@pytest.mark.parametrize("is_visitor", [True, False])
def test_default_cache_keeps_nothing_that_was_looked_up_before_a_change(story, is_visitor):
    """Wagtail looks up the addresses of the sites, and stores them for an hour."""
    with versioned_cache.set_request_version(content_version.read() if is_visitor else None):
        assert cache.get("addresses") is None
        change_version()
        content_version.expire()
        cache.set("addresses", "old")
    assert cache.get("addresses") is None
    cache.set("addresses", "new")
    assert cache.get("addresses") == "new"


def test_default_cache_keeps_nothing_while_the_version_is_unknown(monkeypatch):
    """Such as when the database comes back between two statements: an hour later, it could be away again."""
    monkeypatch.setattr(content_version, "recent", lambda: None)
    cache.set("addresses", "old")
    assert cache.get("addresses") is None


def test_rows_are_replaced_once_there_are_many_and_no_version_comes_back(monkeypatch):
    monkeypatch.setattr(version_module, "MAX_ROWS", 2)
    Change.objects.all().delete()
    versions, rows = [], []
    for _round in range(5):
        for write in (change_version, version_module.trim):
            write()
            versions.append(content_version.read())
            rows.append(Change.objects.count())
    assert rows == [1, 1, 2, 2, 3, 1, 2, 2, 3, 1]
    assert len(set(versions)) == 7, "only two trimmings changed it"


@committed
def test_version_changes_with_a_statement_that_fails_halfway():
    """If the error is caught, SQLite keeps the rows that executemany() changed before it failed."""
    Theme.objects.create(pk=1, name="Mining")
    before = content_version.read()
    with transaction.atomic(), suppress(IntegrityError), connection.cursor() as cursor:
        cursor.executemany("UPDATE stories_theme SET name = %s WHERE id = 1", [("Farming",), (None,)])
    is_kept = Theme.objects.filter(name="Farming").exists()
    assert is_kept == (connection.vendor == "sqlite")
    assert (content_version.read() != before) == is_kept


def let_version_grow_old(monkeypatch):
    """Let the process know the version of 90 seconds ago, as if it had had no requests since."""
    monkeypatch.setattr(version_module, "READ_SECONDS", 60)
    content_version.read_at = time.monotonic() - 90
    content_version.next_try_at = time.monotonic()


class ReportingLock:
    """A lock that says who asks for it."""

    def __init__(self, report):
        self.lock, self.report = threading.Lock(), report
        self.release = self.lock.release

    def acquire(self, **options):
        self.report("asks for the lock")
        return self.lock.acquire(**options)


@committed
def test_request_waits_for_the_version_that_another_reads_after_a_quiet_time(monkeypatch):
    """The version of before the quiet time may be as old as a cached page can be."""
    old = content_version.read()
    with ThreadPoolExecutor() as pool:
        pool.submit(close_after, Theme.objects.create, name="Mining").result()
        content_version.version = old  # the other thread stands for another process
        let_version_grow_old(monkeypatch)
        events = Queue()
        monkeypatch.setattr(content_version, "lock", ReportingLock(events.put))

        def read_meanwhile(execute, *arguments):
            events.get()  # that of this thread
            others = pool.submit(close_after, content_version.recent)
            others.add_done_callback(lambda _future: events.put("does not wait"))
            assert events.get() == "asks for the lock"
            seen.append(others)
            return execute(*arguments)

        seen = []
        with connection.execute_wrapper(read_meanwhile):
            new = content_version.recent()
        assert seen[0].result() == new == content_version.read() != old


def close_after(call, **options):
    """Return call(**options), and close the connection of this thread."""
    try:
        return call(**options)
    finally:
        connection.close()


@committed
def test_version_counts_as_unchanged_for_a_while_if_the_database_is_away(monkeypatch):
    content_version.expire()
    before = content_version.recent()
    with queries.database_down():
        let_version_grow_old(monkeypatch)
        assert content_version.recent() == before
        monkeypatch.setattr(version_module, "MAX_UNREAD_SECONDS", 0)
        assert content_version.recent() is None


@committed
@pytest.mark.parametrize("is_quiet", [False, True])
def test_other_threads_get_the_version_while_one_waits_unless_it_is_old(monkeypatch, is_quiet):
    """It is old after a quiet time."""
    content_version.expire()
    before = content_version.recent()
    let_version_grow_old(monkeypatch)
    monkeypatch.setattr(version_module, "MAX_WAIT_SECONDS", 0)
    seen = []

    def hang(*_arguments):
        seen.append(content_version.recent())  # as another thread
        let_version_grow_old(monkeypatch)
        content_version.next_try_at -= 90  # the time that the database takes
        raise OperationalError

    content_version.next_try_at -= 90 * is_quiet
    with connection.execute_wrapper(hang):
        assert content_version.recent() == (None if is_quiet else before)
        assert content_version.recent() == (None if is_quiet else before), "after a long wait"
    assert seen == [None if is_quiet else before]


# --- The content version -------------------------------------------------------------------------


PAGE, ITS_ROW = 'UPDATE "wagtailcore_page" SET "draft_title" = %s', ' WHERE "wagtailcore_page"."id" = %s'
RENDITION = 'INSERT INTO "media_rendition" ("id") VALUES (%s)'
# Statements that can change no public page.
UNSEEN = [
    *('SELECT "a" FROM "b"', "SELECT 1;\n", "SAVEPOINT x", "CREATE DATABASE a"),
    'INSERT INTO "wagtailcore_revision" ("id") VALUES (%s)',
    *('UPDATE "django_session" SET "session_data" = %s', PAGE + ITS_ROW),
    *(f'{RENDITION} RETURNING "media_rendition"."id"', f"{RENDITION} ON CONFLICT DO NOTHING"),
    'INSERT OR IGNORE INTO "media_rendition" ("id") SELECT %s UNION ALL SELECT %s',
    'VACUUM (FULL, ANALYZE) "stories_theme"',
]
# Statements that may. None stands for SQL that is an object of psycopg.
SEEN = [
    *('DELETE FROM "stories_theme" WHERE 1', 'SELECT 1; DELETE FROM "media_rendition"', "TRUNCATE a", ""),
    None,
    *(f'{PAGE}, "live" = %s{ITS_ROW}', f'{PAGE} WHERE "wagtailcore_page"."path" LIKE %s'),
    'INSERT INTO "wagtailcore_referenceindex" ("id") VALUES (%s)',
    'DELETE FROM "wagtailcore_referenceindex" WHERE "id" IN (%s)',
    f'{RENDITION} ON CONFLICT("id") DO UPDATE SET "file" = EXCLUDED."file"',
    'INSERT OR REPLACE INTO "media_rendition" ("id") VALUES (%s)',
    'UPDATE "media_rendition" SET "file" = %s',
    'DELETE FROM "media_rendition" WHERE "image_id" IN (%s)',
    "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
]


def test_statements_that_may_show_change_the_version():
    assert [sql for sql in UNSEEN if may_change_public_pages(sql)] == []
    assert [sql for sql in SEEN if not may_change_public_pages(sql)] == []


def test_unseen_tables_exist():
    assert set(connection.introspection.table_names()) >= version_module.UNSEEN_TABLES
    unseen = version_module.tables_without("shows_on_pages")
    assert "safeguarding_withdrawal" in unseen
    assert not unseen & {"safeguarding_release", "safeguarding_use", "media_rendition"}
