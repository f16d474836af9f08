"""A change shows at the next request to each process, because it changes the content version."""

import errno
import gzip
import os
import threading
from contextlib import contextmanager, nullcontext, suppress

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from wagtail.models import PageViewRestriction, Site

from caching.cache_request import PAGE_CACHE_CONTROL
from caching.cacheable import ENVIRON_KEY
from caching.change_time import Change, change_time, kind_of
from caching.commits import before_commit
from caching.content_version import (
    MAX_COMMIT_SECONDS,
    UNSEEN_TABLES,
    DatedContentVersion,
    FileContentVersion,
    content_version,
    may_change_public_pages,
)
from caching.models import MissedChange
from caching.page_cache import MAX_PAUSES, PageCache
from home.models import HomePage, SiteSettings
from stories.models import StoryAuthor, StoryPage
from stories.terms import Theme
from tests.support import builders
from tests.support.queries import count_queries
from tests.support.undone import undone
from tests.support.wsgi import SiteClient, cacheable_application

pytestmark = pytest.mark.usefixtures("empty_page_cache")
# For tests whose transactions are committed. Migrations' data is restored afterwards.
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BROWSER = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def client():
    """A client of one process of the site, with its own page cache."""
    return SiteClient()


@pytest.fixture
def story(empty_page_cache):
    return builders.make_story("The old words", countries=["KE"], themes=["Mining"])


def words(response):
    """Return the body of `response`, decompressed."""
    body = response.content
    return gzip.decompress(body) if response.get("Content-Encoding") == "gzip" else body


# --- Changes show at the next request ------------------------------------------------------------


def rename_theme(_story):
    theme = Theme.objects.get(name="Mining")
    theme.name = "The new words"
    theme.save()


def write_sql(_story):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wagtailcore_page SET title = 'The new words' WHERE title = 'The old words'")


def edit(story):
    story.title = "The new words"
    story.save_revision().publish()


def change_settings(_story):
    SiteSettings.objects.create(site=Site.objects.get(), organisation_name="The new words")


def make_parent_private(story):
    builders.make_private(story.get_parent())


CHANGES = {
    "publish": edit,
    "unpublish": StoryPage.unpublish,
    "delete": StoryPage.delete,
    "move": lambda story: story.move(builders.make_index(builders.make_index(), "Africa")),
    "make private": builders.make_private,
    "make a page above private": make_parent_private,
    "change a setting": change_settings,
    "rename a theme": rename_theme,
    "update in bulk": lambda story: StoryPage.objects.update(summary="The new words"),
    "write SQL": write_sql,
    "change the menu": lambda _story: builders.make_plain_page("The new words", show_in_menus=True),
    "change the words at the foot": lambda _story: HomePage.objects.update(footer_text="The new words"),
    "name an author": lambda story: StoryAuthor.objects.create(
        story=story, author=builders.make_author("The new words")
    ),
    "new story": lambda _story: builders.make_story("The new words"),
}
# Those after which no page has the words of the story.
HIDING = {StoryPage.unpublish, StoryPage.delete, builders.make_private, make_parent_private}


def test_change_shows_at_the_next_request_to_each_process(story, subtests):
    for name, change in CHANGES.items():
        with subtests.test(name), undone():
            # All pages share one version, so one change is enough for the other pages and the other process.
            urls = ["/stories/", story.url, *(["/", "/search/?q=words"] if change is edit else [])]
            processes = [SiteClient(headers=BROWSER) for _process in range(2 if change is edit else 1)]
            content_version.change()  # the roll-back of the last change by undone() did not change it
            before = [words(client.get(url)) for client in processes for url in urls]
            assert all(b"The old words" in body for body in before[:2])
            change(StoryPage.objects.get())
            assert content_version.read() is not None, "without a version, nothing would be cached"
            after = [client.get(url) for client in processes for url in urls]
            # What a process answers that has nothing cached.
            caches["pages"].clear()
            content_version.change()
            fresh = SiteClient(headers=BROWSER)
            expected = [fresh.get(url) for url in urls] * len(processes)
            assert [(r.status_code, words(r)) for r in after] == [(r.status_code, words(r)) for r in expected]
            assert [words(response) for response in after] != before
            if change in HIDING:
                assert not any(b"The old words" in words(response) for response in after)


def test_page_is_cached_again_when_it_is_not_private_any_more(client, story):
    builders.make_private(story)
    assert client.get(story.url).status_code == 302
    PageViewRestriction.objects.all().delete()
    assert client.get(story.url)["Cache-Control"] == PAGE_CACHE_CONTROL


def test_drafts_and_searches_do_not_change_the_version(client, story):
    editor = SiteClient()
    editor.force_login(builders.make_user("Editors"))
    client.get(story.url)
    story.title = "A draft"
    story.save_revision()
    saved = editor.post(f"/admin/pages/{story.pk}/edit/", builders.story_form(title="Another draft"))
    assert saved.status_code == 302
    SiteClient().get("/search/?q=nothing-has-this-word")
    assert count_queries(client, story.url)[0] == 0


def test_page_made_during_a_change_is_not_used():
    answers = iter([b"old", b"new"])

    def application(environ, start_response):
        body = next(answers)
        environ[ENVIRON_KEY].begin([], "")  # the page may be cached
        if body == b"old":
            Theme.objects.create(name="Mining")  # Another process does this meanwhile.
        start_response("200 OK", [])
        return HttpResponse(body)

    client = SiteClient(PageCache(application))
    assert client.get("/").content == b"old"
    assert client.get("/").content == b"new"


# A pause takes 0.021 s, so the version is settled (0.1 s) five pauses after the last statement.
@pytest.mark.parametrize(("statements", "pauses"), [(1, 5), (3, 7), (1000, MAX_PAUSES)])
def test_page_is_begun_after_the_last_statement_of_a_change(time_machine, monkeypatch, statements, pauses):
    """The change has `statements` statements: one before the request, the others one in each pause.

    A change of 1000 doesn't end within MAX_PAUSES. Then the page is begun all the same.
    """
    time_machine.move_to("2026-03-11T12:00Z", tick=False)
    slept, themes_of_pages = [], []

    def sleep(seconds):
        time_machine.shift(seconds + 0.001)
        slept.append(seconds)
        if len(slept) < statements:
            Theme.objects.create(name=f"Theme {len(slept)}")

    def application(environ, start_response):
        environ[ENVIRON_KEY].begin([], "")
        themes_of_pages.append(Theme.objects.count())
        start_response("200 OK", [])
        return HttpResponse(b"page")

    monkeypatch.setattr("time.sleep", sleep)
    Theme.objects.create(name="Theme")
    client = SiteClient(PageCache(application))
    assert client.get("/").content == b"page"
    assert (len(slept), len(themes_of_pages)) == (pauses, 1)
    assert themes_of_pages == [Theme.objects.count()]
    client.get("/?q=new")
    assert len(slept) == pauses, "a search that nobody else asks for does not wait"


@pytest.mark.parametrize("kind", Change)
def test_time_of_a_change_has_its_kind(kind):
    assert {kind_of(change_time(kind)) for _change in range(20)} == {kind}


def test_page_is_begun_at_once_after_a_commit(monkeypatch, django_capture_on_commit_callbacks):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    with django_capture_on_commit_callbacks(execute=True):
        Theme.objects.create(name="Mining")
    client = SiteClient(PageCache(cacheable_application(lambda _request: HttpResponse(b"page"))))
    assert client.get("/").content == b"page"
    assert slept == []


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


class Killed(Exception):
    """Stands for the end of the process."""


def end_process():
    raise Killed


@contextmanager
def before_commits(function):
    """Call `function` before each commit, after the receiver of caching/content_version.py."""

    def receive(**_arguments):
        function()

    before_commit.connect(receive)
    try:
        yield
    finally:
        before_commit.disconnect(receive)


def look():
    """Return the content version, and whether a page is begun with it."""
    version = content_version.read()
    return version, content_version.is_settled(version)


@committed
def test_nothing_is_cached_while_a_commit_is_going_on():
    before, during = look(), []
    with before_commits(lambda: during.append(look())), transaction.atomic():
        Theme.objects.create(name="Mining")
        Theme.objects.create(name="Farming")
        assert look() == before, "readers still get cached pages"
    assert during == [(None, False)]
    version, is_settled = look()
    assert version not in {before[0], None}
    assert is_settled
    assert not content_version.is_settled(None), "who read it during the commit has to read it again"


@committed
def test_change_shows_if_the_process_ends_right_after_the_commit(time_machine):
    time_machine.move_to("2026-03-11T12:00Z", tick=False)
    content_version.change()
    before = content_version.read()
    with suppress(Killed), transaction.atomic():
        transaction.on_commit(end_process)  # Nothing else is done after the commit then.
        Theme.objects.create(name="Mining")
    assert Theme.objects.exists()
    assert look() == (None, False)
    time_machine.shift(MAX_COMMIT_SECONDS)
    content_version.read()
    assert content_version.read() not in {before, None}


@pytest.mark.parametrize(
    ("seconds", "is_given_up"),
    [(0, False), (1, False), (MAX_COMMIT_SECONDS, True), (-1, False), (-1 - MAX_COMMIT_SECONDS, True)],
)
def test_change_without_an_end_is_given_up_after_some_time(time_machine, seconds, is_given_up):
    """With less than no seconds, the clock of the machine that began the change is ahead."""
    time_machine.move_to("2026-03-11T12:00Z", tick=False)
    content_version.begin_change()
    time_machine.shift(seconds)
    assert content_version.read() is None
    assert (content_version.read() is not None) == is_given_up


def test_version_stays_unknown_if_it_can_not_be_changed(time_machine, monkeypatch):
    time_machine.move_to("2026-03-11T12:00Z", tick=False)
    content_version.begin_change()
    time_machine.shift(MAX_COMMIT_SECONDS)

    def utime(path, **_times):
        raise OSError(errno.EROFS, "the disk can only be read")

    with monkeypatch.context() as patch:
        patch.setattr("os.utime", utime)
        assert content_version.read() is content_version.read() is None


@committed
def test_end_of_one_change_is_not_taken_for_that_of_another():
    def change_in_another_process():
        other.end_change(begun, Change.COMMIT)
        seen.append(look())

    seen, other = [], DatedContentVersion(FileContentVersion(content_version.version.path))
    begun = other.begin_change()
    with before_commits(change_in_another_process), transaction.atomic():
        Theme.objects.create(name="Mining")
    assert seen == [(None, False)]
    assert look()[0] is not None, "both have ended"


@committed
def test_statement_is_committed_before_its_rows_are_fetched():
    """The version has changed by then, so what is cached from then on must have the new rows."""
    seen = []

    def look_elsewhere():
        seen.append(MissedChange.objects.count())
        connection.close()

    with connection.cursor() as cursor:
        cursor.execute('INSERT INTO "caching_missedchange" DEFAULT VALUES RETURNING "id"')
        reader = threading.Thread(target=look_elsewhere)
        reader.start()
        reader.join()
        assert seen == [1]
        assert cursor.fetchone() == (MissedChange.objects.get().pk,)
        assert cursor.fetchone() is None


@committed
@pytest.mark.parametrize("is_answered", [True, False])
def test_statement_outside_of_a_transaction_changes_the_version_before_and_after(is_answered):
    def execute(run, *arguments):
        during.append(look())
        result = run(*arguments)
        if not is_answered:
            raise Killed  # The database has done it, but its answer is lost.
        return result

    before, during = content_version.read(), []
    with suppress(Killed), connection.execute_wrapper(execute):
        Theme.objects.update(name="Mining")
    assert during == [(None, False)]
    assert content_version.read() not in {before, None}


@committed
@pytest.mark.parametrize("is_kept", [True, False])
def test_only_what_is_committed_changes_the_version(is_kept):
    version = content_version.read()
    with transaction.atomic(), suppress(Killed), transaction.atomic():
        Theme.objects.create(name="Mining")
        if not is_kept:
            raise Killed
    assert (content_version.read() != version) == is_kept


@committed
@pytest.mark.parametrize("begin", [transaction.atomic, nullcontext])
def test_nothing_is_changed_if_the_version_can_not_be_changed(begin, tmp_path, monkeypatch):
    os.symlink(tmp_path / "loop", tmp_path / "loop")  # A link to itself can't be changed.
    version = DatedContentVersion(FileContentVersion(tmp_path / "loop"))
    monkeypatch.setattr("caching.content_version.content_version", version)
    with pytest.raises(OSError, match="loop"), begin():
        Theme.objects.create(name="Mining")
    assert not Theme.objects.exists()


@committed
def test_nothing_is_committed_by_another_way_than_a_commit(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("only Python's sqlite3 commits when a connection leaves a transaction")
    with suppress(Killed), transaction.atomic():
        Theme.objects.create(name="Mining")
        monkeypatch.setattr(connection, "_rollback", end_process)  # as a second Ctrl-C would
        raise Killed
    assert not Theme.objects.exists()


# --- The content version -------------------------------------------------------------------------


# Statements, and whether they may change a public page. None stands for SQL that is an object of psycopg.
@pytest.mark.parametrize(
    ("sql", "is_shown"),
    [
        ('SELECT "a" FROM "b"', False),
        ("SAVEPOINT x", False),
        ('INSERT INTO "wagtailcore_revision" ("id") VALUES (%s)', False),
        ('UPDATE "django_session" SET "session_data" = %s', False),
        ('DELETE FROM "stories_theme" WHERE 1', True),
        ('UPDATE "wagtailcore_page" SET "draft_title" = %s WHERE "wagtailcore_page"."id" = %s', False),
        (
            'UPDATE "wagtailcore_page" SET "draft_title" = %s, "live" = %s'
            ' WHERE "wagtailcore_page"."id" = %s',
            True,
        ),
        ('UPDATE "wagtailcore_page" SET "draft_title" = %s WHERE "wagtailcore_page"."path" LIKE %s', True),
        ('INSERT INTO "wagtailcore_referenceindex" ("id") VALUES (%s)', True),
        ('DELETE FROM "wagtailcore_referenceindex" WHERE "id" IN (%s)', True),
        ('INSERT INTO "media_rendition" ("id") VALUES (%s) RETURNING "media_rendition"."id"', False),
        ('INSERT OR IGNORE INTO "media_rendition" ("id") SELECT %s UNION ALL SELECT %s', False),
        ('INSERT INTO "media_rendition" ("id") VALUES (%s) ON CONFLICT DO NOTHING', False),
        (
            'INSERT INTO "media_rendition" ("id") VALUES (%s) ON CONFLICT("id")'
            ' DO UPDATE SET "file" = EXCLUDED."file"',
            True,
        ),
        ('INSERT OR REPLACE INTO "media_rendition" ("id") VALUES (%s)', True),
        ('UPDATE "media_rendition" SET "file" = %s', True),
        ('DELETE FROM "media_rendition" WHERE "image_id" IN (%s)', True),
        ('SELECT 1; DELETE FROM "media_rendition"', True),
        ("SELECT 1;\n", False),
        ("WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", True),
        ("TRUNCATE a", True),
        ("", True),
        (None, True),
    ],
)
def test_statements_that_may_show_change_the_version(sql, is_shown):
    assert may_change_public_pages(sql) == is_shown


def test_unseen_tables_exist():
    assert set(connection.introspection.table_names()) >= UNSEEN_TABLES


def test_without_a_version_nothing_is_cached(client, story, tmp_path, monkeypatch):
    os.symlink(tmp_path / "loop", tmp_path / "loop")  # A link to itself can't be read.
    unreadable = DatedContentVersion(FileContentVersion(tmp_path / "loop"))
    monkeypatch.setattr("caching.page_cache.content_version", unreadable)
    # The header is the same: a proxy may still keep the page for a second.
    assert client.get(story.url)["Cache-Control"] == PAGE_CACHE_CONTROL
    assert count_queries(client, story.url)[0] > 0
