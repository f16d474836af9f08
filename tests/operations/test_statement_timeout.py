"""A statement that takes too long is ended, in the web server only, and that is not taken for an outage."""

import sqlite3
import sys
from importlib import import_module
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.test import Client
from django.urls import get_resolver
from wagtail.models import Site

from operations import outage, statement_timeout
from operations.management.commands import run_due_work
from safeguarding.models import StopCode
from safeguarding.withdrawal.locking import retry_conflicts
from stories import renditions
from tests.support import builders, people
from tests.support.queries import database_down

# A query that counts up to a number. It takes longer for a larger one.
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT count(*) FROM n"
# Takes longer than VISITOR_LIMIT in these tests.
LONG = {"postgresql": "SELECT pg_sleep(0.6)", "sqlite": COUNT.format(3_000_000)}


@pytest.fixture
def server(transactional_db, django_db_serialized_rollback, monkeypatch):
    """A client for a site whose statements are limited, with a short limit for visitors."""
    builders.save_with(builders.home_page(), help_line="<p>Call 0800 000 000.</p>")
    outage.write_page()
    monkeypatch.setattr(statement_timeout, "VISITOR_LIMIT", 0.3)
    # Undo use_in_server(), which wsgi.py calls.
    for signal in (connection_created, statement_timeout.request_finished):
        monkeypatch.setattr(signal, "receivers", [*signal.receivers])
    monkeypatch.delitem(sys.modules, "site_project.wsgi", raising=False)
    with database_down():  # The web server starts all the same. The limits are set on new connections.
        import_module("site_project.wsgi")
    renditions._executor = None  # without the thread of the web server
    yield Client(raise_request_exception=False)
    connection.close()
    connection.statement_limit = None
    wrappers, deadline = connection.execute_wrappers, statement_timeout.set_deadline
    wrappers[:] = [wrapper for wrapper in wrappers if wrapper != deadline]


def slow(table):
    """Context manager in which the first statement that names `table` comes after a long one."""
    done = []

    def run_long_statement_first(execute, sql, params, many, context):
        if table in sql and not done:
            done.append(table)
            execute(LONG[connection.vendor], None, False, context)  # no parameters, and not for many rows
        return execute(sql, params, many, context)

    return connection.execute_wrapper(run_long_statement_first)


def test_only_the_web_server_has_a_limit(transactional_db, monkeypatch):
    """The other tests load wsgi.py. This process has loaded all else, as a management command does."""
    monkeypatch.setattr(statement_timeout, "VISITOR_LIMIT", 0.05)
    get_resolver().url_patterns  # noqa: B018 - loads the modules of all views
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(LONG[connection.vendor])
        assert cursor.fetchone()


def test_search_that_takes_too_long_is_answered_in_words(server):
    story = builders.make_story("A lantern")
    with slow("wagtailsearch_indexentry"):
        response = server.get("/search/?q=lantern")
    page = builders.parse(response)
    assert response.status_code == 503
    assert "This search took too long. Please try fewer words" in page.select_one("main [role=alert]").text
    assert page.select_one("main input[name=q]")["value"] == "lantern"
    assert "no-store" in response["Cache-Control"]
    assert server.get(story.url).status_code == 200
    assert "<mark>lantern</mark>" in server.get("/search/?q=lantern").text


def test_page_that_takes_too_long_is_no_outage(server):
    story = builders.make_story("A lantern")
    with slow("stories_storypage"):
        response = server.get(story.url)
    assert (response.status_code, "0800 000 000" in response.text) == (500, True)
    assert "no-store" in response["Cache-Control"]
    assert "A lantern" in server.get(story.url).text


def test_users_have_more_time_in_the_admin_and_nowhere_else(server):
    story = builders.make_story("A lantern")  # which also opens the connection, as an earlier request does
    with slow("auth_user"):
        login = {"username": "somebody", "password": builders.PASSWORD}
        assert server.post("/admin/login/", login).status_code == 500, "it is a visitor's"
    server.force_login(builders.make_user("Moderators"))
    with slow("wagtailcore_page"):
        assert server.get(f"/admin/pages/{story.pk}/privacy/").status_code == 200
    with slow("stories_storypage"):
        assert server.get(story.url).status_code == 500


def test_stop_code_has_more_time_also_on_a_new_connection(server):
    code = StopCode.make(people.make_agreeing_person())
    connection.close()
    with slow("safeguarding_contributor"):
        assert server.post("/stop/", {"code": code}).status_code == 200
    with slow("wagtailcore_page"):
        assert server.get("/").status_code == 500, "the limit is back"


def test_stop_code_waits_longer_than_sqlite_does():
    busy, errors = sqlite3.OperationalError(), [OperationalError()]
    busy.sqlite_errorname = "SQLITE_BUSY"

    def act():
        while errors:
            raise errors.pop() from busy

    retry_conflicts(act)()


def test_scheduled_work_in_the_server_has_no_limit(server):
    stopped, found = Event(), []

    def work():
        stopped.set()
        with slow("wagtailcore_site"):
            found.append(Site.objects.count())

    thread = Thread(target=run_due_work.repeat, args=[work, stopped, 0])
    thread.start()
    thread.join()
    assert found == [1]


def test_exported_report_has_more_time_while_it_is_sent(server):
    user = builders.make_user(is_superuser=True)
    builders.make_story("A lantern").save_revision().publish(user=user)
    server.force_login(user)
    response = server.get("/admin/reports/site-history/?export=csv")
    with slow("wagtailcore_pagelogentry"):
        assert b"A lantern" in response.getvalue()
