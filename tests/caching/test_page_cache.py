"""Pages are kept whole; what changed shows at the next request to each process; the database may go away."""

import gzip
import os
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site

from caching.content_version import (
    UNSEEN_TABLES,
    FileContentVersion,
    content_version,
    may_change_public_pages,
)
from caching.page_cache import PageCacheMiddleware
from home.models import HomePage, SiteSettings
from operations.outage import server_error, write_page
from stories.models import StoryAuthor, StoryPage
from stories.terms import Theme
from tests.support import builders

BROWSER = {"Accept-Encoding": "gzip, br"}
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"


@pytest.fixture(autouse=True)
def kept_pages(settings, db, committed):
    settings.PAGE_CACHE = True
    SiteSettings.for_site(Site.objects.get())  # made by the first visit, if not here
    caches["pages"].clear()


@pytest.fixture
def story(kept_pages):
    return builders.make_story("The old words", countries=["KE"], themes=["Mining"])


@pytest.fixture
def processes(story):
    """Two clients, each with middleware of its own, which have seen the list and the story before."""
    clients = [Client(headers=BROWSER), Client(headers=BROWSER)]
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


# --- What is kept --------------------------------------------------------------------------------


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
def test_page_for_all_takes_no_query_the_second_time(story, address):
    first = Client().get(address, headers=BROWSER)
    assert first["Cache-Control"] == PAGE_CACHE_CONTROL
    assert first["Content-Encoding"] == "gzip"
    assert first["Vary"] == "Accept-Encoding"
    for client in [Client(), Client()]:  # neither has seen it
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
        "/stories/?utm_source=letter",
        "/stories/?country=kenya&country=senegal",
        "/nothing/here/",
        "/admin/login/",
    ],
)
def test_what_is_not_a_page_for_all_is_not_kept(client, story, address):
    response = client.get(address)
    assert "public" not in response.get("Cache-Control", "")
    assert count_queries(client, address) > 0


def test_private_page_is_not_kept_for_those_who_may_see_it_or_not(client, story):
    builders.make_private(story)
    reader = Client()
    reader.force_login(builders.make_user())
    assert b"The old words" in reader.get(story.url).content
    response = client.get(story.url)
    assert response.status_code == 302
    assert "public" not in response.get("Cache-Control", "")
    assert b"The old words" not in response.content


def test_who_is_logged_in_neither_gets_nor_makes_a_copy(client, story, django_user_model):
    admin = Client()
    admin.force_login(django_user_model.objects.create_superuser("chief"))
    assert "public" not in admin.get(story.url).get("Cache-Control", "")
    assert b"wagtail-userbar" in admin.get(story.url).content
    assert b"wagtail-userbar" not in client.get(story.url).content
    assert b"wagtail-userbar" in admin.get(story.url).content


def test_other_methods_and_hosts_have_nothing_to_do_with_copies(client, story):
    client.get("/stories/")
    assert "public" not in client.post("/stories/").get("Cache-Control", "")
    assert client.get("/stories/", headers={"Host": "evil.example"}).status_code == 400
    head = client.head("/stories/", headers=BROWSER)
    assert head.content == b""
    assert head["Cache-Control"] == PAGE_CACHE_CONTROL


def test_parameters_that_other_sites_add_get_the_copy_that_is_there(client, story):
    for address in (story.url, "/stories/?country=kenya"):
        page = client.get(address)
        added = f"{address}{'&' if '?' in address else '?'}fbclid=words&utm_source=letter"
        assert count_queries(client, added) == 0
        assert words(client.get(added)) == words(page)
    assert count_queries(client, "/stories/?country=senegal&utm_source=letter") > 0
    assert count_queries(client, "/stories/?country=senegal") > 0, "it made no copy"


# --- Nothing new ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_reader_who_has_the_page_is_told_that_nothing_is_new(client, story, encoding):
    headers = {"Accept-Encoding": encoding}
    first = client.get(story.url, headers=headers)
    assert first["ETag"].startswith('"')  # a strong one
    for known in [first["ETag"], f'"other", W/{first["ETag"]}', "*"]:
        again = client.get(story.url, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == PAGE_CACHE_CONTROL
    other = client.get(story.url, headers=headers | {"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    other_form = client.get(story.url, headers={"Accept-Encoding": "gzip" if encoding != "gzip" else ""})
    assert other_form["ETag"] != first["ETag"]


# --- What changes shows at the next request ------------------------------------------------------


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
    fresh = Client(headers=BROWSER)
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


def test_page_that_was_private_is_kept_again_when_it_is_not(client, story):
    builders.make_private(story)
    assert client.get(story.url).status_code == 302
    PageViewRestriction.objects.all().delete()
    assert client.get(story.url)["Cache-Control"] == PAGE_CACHE_CONTROL


def test_drafts_and_visits_leave_the_copies_as_they_are(client, editor, story):
    client = Client()
    client.get(story.url)
    story.title = "A draft"
    story.save_revision()
    editor.post(f"/admin/pages/{story.pk}/edit/", builders.story_form(title="Another draft"))
    Client().get("/search/?q=nothing-has-this-word")
    assert count_queries(client, story.url) == 0


def test_copy_made_while_something_changes_is_used_by_nobody(rf):
    answers = iter([b"old", b"new"])

    def make(request):
        request.is_public_page = True
        body = next(answers)
        if body == b"old":
            Theme.objects.create(name="Mining")  # another process, at this moment
        return HttpResponse(body)

    cache = PageCacheMiddleware(with_resolver_match(make))
    assert cache(rf.get("/")).content == b"old"
    assert cache(rf.get("/")).content == b"new"


def with_resolver_match(view):
    def make(request):
        request.resolver_match = None
        return view(request)

    return make


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_copy_made_before_the_commit_is_gone_after_it():
    """Between the write and the commit, others still see the old words, and may keep them."""
    story = builders.make_story("The old words")
    url = story.url
    seen = []

    def visit():
        seen.append(Client().get(url))
        connection.close()

    with transaction.atomic():
        edit(story)
        reader = threading.Thread(target=visit)
        reader.start()
        reader.join()
    assert b"The old words" in seen[0].content
    assert b"The new words" in Client().get(url).content


# --- The mark ------------------------------------------------------------------------------------


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
        ("WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", True),
        ("TRUNCATE a", True),
        ("", True),
        (None, True),
    ],
)
def test_what_is_not_known_to_be_unseen_changes_the_mark(sql, is_shown):
    assert may_change_public_pages(sql) == is_shown


def test_tables_that_are_left_out_are_there():
    assert set(connection.introspection.table_names()) >= UNSEEN_TABLES


def test_without_a_mark_nothing_is_kept(client, story, tmp_path, monkeypatch):
    os.symlink(tmp_path / "loop", tmp_path / "loop")
    monkeypatch.setattr("caching.page_cache.content_version", FileContentVersion(tmp_path / "loop"))
    assert client.get(story.url)["Cache-Control"] == PAGE_CACHE_CONTROL
    assert count_queries(client, story.url) > 0


# --- The database is away ------------------------------------------------------------------------


@contextmanager
def database_away():
    """Point the connection to a database that isn't there: SQLite can't open it, PostgreSQL refuses."""
    settings = connection.settings_dict
    name, test = settings["NAME"], settings["TEST"]["NAME"]
    connection.close()
    settings["NAME"] = "/nothing/here"
    try:
        yield
    finally:
        connection.close()
        settings["NAME"], settings["TEST"]["NAME"] = name, test


@pytest.fixture
def site(transactional_db, django_db_serialized_rollback):
    """A client for a site with the page for emergencies, and a story that it has seen."""
    home = builders.home_page()
    home.help_line = "<p>Call 0800 000 000.</p>"
    home.save_revision().publish()
    write_page()
    client = Client(raise_request_exception=False)
    story = builders.make_story("The old words")
    assert b"The old words" in client.get(story.url).content
    return client, story


def test_page_outlives_the_database_for_two_minutes_and_no_longer(site, time_machine):
    client, story = site
    with database_away():
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
    assert b"The old words" in Client().get(story.url).content


@pytest.mark.parametrize("address", ["/stories/", "/search/?q=words", "/nothing/"])
def test_what_nobody_saw_is_answered_by_the_page_with_the_help_line(site, address):
    client, _story = site
    with database_away():
        response = client.get(address)
    assert response.status_code == 503
    assert b"Call 0800 000 000." in response.content
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"


def test_who_is_logged_in_gets_that_page_too(site):
    client, story = site
    client.force_login(builders.make_user("Editors"))
    with database_away():
        for address in [story.url, "/admin/"]:
            response = client.get(address)
            assert response.status_code == 503
            assert b"Call 0800 000 000." in response.content


def test_withdrawn_story_does_not_come_back_with_the_database_away(site):
    client, story = site
    story.unpublish()
    with database_away():
        response = client.get(story.url)
        assert response.status_code == 503
        assert b"The old words" not in response.content


def test_page_for_emergencies_follows_the_help_line(site, settings, tmp_path):
    home = builders.home_page()
    home.help_line = "<p>Call 0900 111 111.</p>"
    home.save_revision().publish()
    with database_away():
        assert b"Call 0900 111 111." in Client(raise_request_exception=False).get("/stories/").content


def test_other_faults_are_no_outage(rf):
    try:
        raise ValueError
    except ValueError:
        assert server_error(rf.get("/")).status_code == 500
