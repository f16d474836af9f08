"""The page cache: what is cached, that changes show at the next request, and what happens in an outage."""

import gzip
import os
import threading
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site

from caching.cacheable import ENVIRON_KEY
from caching.content_version import (
    UNSEEN_TABLES,
    FileContentVersion,
    content_version,
    may_change_public_pages,
)
from caching.page_cache import PageCache
from home.models import HomePage, SiteSettings
from operations.outage import server_error, write_page
from stories.models import StoryAuthor, StoryPage
from stories.terms import Theme
from tests.support import builders
from tests.support.queries import database_down
from tests.support.wsgi import SiteClient

pytestmark = pytest.mark.one_database

BROWSER = {"Accept-Encoding": "gzip, br"}
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"


@pytest.fixture(autouse=True)
def page_cache(db, committed):
    SiteSettings.for_site(Site.objects.get())  # Otherwise the first request makes them.
    caches["pages"].clear()


@pytest.fixture
def client():
    return SiteClient()


@pytest.fixture
def story(page_cache):
    return builders.make_story("The old words", countries=["KE"], themes=["Mining"])


@pytest.fixture
def processes(story):
    """Two clients, each with its own page cache, which have requested the list and the story before."""
    clients = [SiteClient(headers=BROWSER), SiteClient(headers=BROWSER)]
    for client in clients:
        assert b"The old words" in words(client.get("/stories/"))
        assert b"The old words" in words(client.get(story.url))
    return clients


def words(response):
    body = response.content
    return gzip.decompress(body) if response.get("Content-Encoding") == "gzip" else body


def count_queries(client, address):
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


# --- What is cached ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/stories/",
        "/stories/?country=kenya&year=2025",
        "/stories/?text=1",
        "/stories/country/kenya/",
        "/sitemap.xml",
        "/robots.txt",
        "/feed.atom",
        "/stories/feed.rss",
    ],
)
def test_public_page_takes_no_query_the_second_time(story, address):
    first = SiteClient().get(address, headers=BROWSER)
    assert first["Cache-Control"] == PAGE_CACHE_CONTROL
    assert first["Content-Encoding"] == "gzip"
    assert first["Vary"] == "Accept-Encoding"
    for client in [SiteClient(), SiteClient()]:  # Neither has requested it.
        with CaptureQueriesContext(connection) as queries:
            again = client.get(address, headers=BROWSER)
            plain = client.get(address)
        assert len(queries) == 0
        assert (again.content, again.headers) == (first.content, first.headers)
        assert plain.content == gzip.decompress(first.content)
        assert "Content-Encoding" not in plain


@pytest.mark.parametrize(
    "address",
    [
        "/search/?q=words",
        "/search/",
        "/nothing/here/",
        "/admin/login/",
    ],
)
def test_other_responses_are_not_cached(client, story, address):
    response = client.get(address)
    assert "public" not in response.get("Cache-Control", "")
    assert count_queries(client, address) > 0


def test_private_page_is_not_cached(client, story):
    builders.make_private(story)
    reader = SiteClient()
    reader.force_login(builders.make_user())
    assert b"The old words" in reader.get(story.url).content
    response = client.get(story.url)
    assert response.status_code == 302
    assert "public" not in response.get("Cache-Control", "")
    assert b"The old words" not in response.content


def test_page_of_a_logged_in_user_is_neither_cached_nor_from_the_cache(client, story, django_user_model):
    admin = SiteClient()
    admin.force_login(django_user_model.objects.create_superuser("chief"))
    assert "public" not in admin.get(story.url).get("Cache-Control", "")
    assert b"wagtail-userbar" in admin.get(story.url).content
    assert b"wagtail-userbar" not in client.get(story.url).content
    assert b"wagtail-userbar" in admin.get(story.url).content


def test_other_methods_and_hosts_do_not_use_the_cache(client, story):
    client.get("/stories/")
    assert "public" not in client.post("/stories/").get("Cache-Control", "")
    assert client.get("/stories/", headers={"Host": "evil.example"}).status_code == 400
    head = client.head("/stories/", headers=BROWSER)
    assert head.content == b""
    assert head["Cache-Control"] == PAGE_CACHE_CONTROL


# --- Conditional requests ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_conditional_request_gets_status_304(client, story, encoding):
    headers = {"Accept-Encoding": encoding}
    first = client.get(story.url, headers=headers)
    assert first["ETag"].startswith('"')  # It is strong.
    for known in [first["ETag"], f'"other", W/{first["ETag"]}', "*"]:
        again = client.get(story.url, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == PAGE_CACHE_CONTROL
    other = client.get(story.url, headers=headers | {"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    other_form = client.get(story.url, headers={"Accept-Encoding": "gzip" if encoding != "gzip" else ""})
    assert other_form["ETag"] != first["ETag"]


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
    SiteSettings.objects.update(organisation_name="The new words")


def hide(story):
    builders.make_private(story)


CHANGES = {
    "publish": edit,
    "unpublish": lambda story: story.unpublish(),
    "delete": lambda story: story.delete(),
    "move": lambda story: story.move(builders.make_index(builders.make_index(), "Africa")),
    "make private": hide,
    "make a page above private": lambda story: builders.make_private(story.get_parent()),
    "change a setting": change_settings,
    "rename a theme": rename_theme,
    "update in bulk": lambda story: StoryPage.objects.update(summary="The new words"),
    "write SQL": write_sql,
    "change the menu": lambda _story: builders.make_plain_page("The new words", show_in_menus=True),
    "change the words at the foot": lambda _story: HomePage.objects.update(footer_text="The new words"),
    "name an author": lambda story: StoryAuthor.objects.create(
        story=story, author=builders.make_author("The new words")
    ),
    "new story": lambda story: builders.make_story("The new words"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_shows_at_the_next_request_to_each_process(processes, story, name):
    urls = ("/stories/", story.url, "/", "/search/?q=words")
    before = [words(client.get(url)) for client in processes for url in urls]
    CHANGES[name](story)
    fresh = SiteClient(headers=BROWSER)
    version = content_version.read()
    after = [client.get(url) for client in processes for url in urls]
    caches["pages"].clear()
    content_version.change()
    expected = [fresh.get(url) for url in urls] * 2
    assert version is not None
    assert [(r.status_code, words(r)) for r in after] == [(r.status_code, words(r)) for r in expected]
    assert [words(response) for response in after] != before
    if name in {"unpublish", "delete", "make private", "make a page above private"}:
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
    editor.post(f"/admin/pages/{story.pk}/edit/", builders.story_form(title="Another draft"))
    SiteClient().get("/search/?q=nothing-has-this-word")
    assert count_queries(client, story.url) == 0


def test_page_made_during_a_change_is_not_used():
    answers = iter([b"old", b"new"])

    def application(environ, start_response):
        body = next(answers)
        environ[ENVIRON_KEY].begin([], "")
        if body == b"old":
            Theme.objects.create(name="Mining")  # Another process does this meanwhile.
        start_response("200 OK", [])
        return HttpResponse(body)

    client = SiteClient(PageCache(application))
    assert client.get("/").content == b"old"
    assert client.get("/").content == b"new"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
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


# --- The content version -------------------------------------------------------------------------


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
    os.symlink(tmp_path / "loop", tmp_path / "loop")
    monkeypatch.setattr("caching.page_cache.content_version", FileContentVersion(tmp_path / "loop"))
    assert client.get(story.url)["Cache-Control"] == PAGE_CACHE_CONTROL
    assert count_queries(client, story.url) > 0


# --- The database is down ------------------------------------------------------------------------


@pytest.fixture
def site(transactional_db, django_db_serialized_rollback):
    """A client for a site with an outage page, and a story that the client has requested."""
    home = builders.home_page()
    home.help_line = "<p>Call 0800 000 000.</p>"
    home.save_revision().publish()
    write_page()
    client = SiteClient(raise_request_exception=False)
    story = builders.make_story("The old words")
    assert b"The old words" in client.get(story.url).content
    return client, story


def test_cached_page_is_served_for_two_minutes_without_the_database(site, time_machine):
    client, story = site
    with database_down():
        fresh = client.get(story.url)
        assert b"The old words" in fresh.content
        assert "Age" not in fresh
        time_machine.move_to(timezone.now() + timedelta(seconds=61))
        old = client.get(story.url)
        assert (old.status_code, b"The old words" in old.content) == (200, True)
        assert 61 <= int(old["Age"]) < 120
        time_machine.shift(60)
        gone = client.get(story.url)
        assert gone.status_code == 503
        assert b"Call 0800 000 000." in gone.content
    assert b"The old words" in SiteClient().get(story.url).content


@pytest.mark.parametrize("address", ["/stories/", "/search/?q=words", "/nothing/"])
def test_other_pages_get_the_outage_page_with_the_help_line(site, address):
    client, _story = site
    with database_down():
        response = client.get(address)
    assert response.status_code == 503
    assert b"Call 0800 000 000." in response.content
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"


def test_logged_in_user_gets_the_outage_page(site):
    client, story = site
    client.force_login(builders.make_user("Editors"))
    with database_down():
        for address in [story.url, "/admin/"]:
            response = client.get(address)
            assert response.status_code == 503
            assert b"Call 0800 000 000." in response.content


def test_withdrawn_story_is_not_served_during_an_outage(site):
    client, story = site
    story.unpublish()
    with database_down():
        response = client.get(story.url)
        assert response.status_code == 503
        assert b"The old words" not in response.content


def test_outage_page_shows_the_current_help_line(site, settings, tmp_path):
    home = builders.home_page()
    home.help_line = "<p>Call 0900 111 111.</p>"
    home.save_revision().publish()
    with database_down():
        assert b"Call 0900 111 111." in SiteClient(raise_request_exception=False).get("/stories/").content


def test_other_errors_are_no_outage(rf):
    try:
        raise ValueError
    except ValueError:
        assert server_error(rf.get("/")).status_code == 500
