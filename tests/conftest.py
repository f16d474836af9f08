"""Fixtures for all tests: no network beyond this machine, and for tests/browser/ a browser."""

import gc
import ipaddress
import os
import re
import socket
import sqlite3
import threading
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from PIL import AvifImagePlugin, Image, WebPImagePlugin
from playwright.sync_api import expect, sync_playwright

from caching import versioned_cache
from caching.content_version import content_version
from publishing import visibility
from stories.demo import pictures
from tests.support import builders, services

# What gives a test the database, beside the mark.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with what pytest-django leaves for the end: tests of whole servers that start, which take long.

    They use no test's database. The last test of all is one for which the other processes would wait.
    """
    items.sort(key=uses_database)


def uses_database(item):
    return bool(item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(item.fixturenames))


def pytest_collection_finish():
    """Look for garbage only among what the tests make: to look through all else took 1 second of 20."""
    gc.freeze()


# --- No network beyond this machine --------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    """Refuse, and fail the test for, what Python asks of another machine, save the database's."""
    attempts = []
    database_host = settings.DATABASES["default"].get("HOST")

    def guarded(function, host_of):
        def guard(*arguments, **options):
            host = host_of(*arguments)
            if not is_this_machine(host) and host != database_host:
                attempts.append(host)
                raise ConnectionRefusedError(f"tests may not reach {host}")
            return function(*arguments, **options)

        return guard

    def host_of_address(sock, address):
        return address[0] if sock.family in {socket.AF_INET, socket.AF_INET6} else None

    for place, name, host_of in (
        (socket.socket, "connect", host_of_address),
        (socket.socket, "connect_ex", host_of_address),
        (socket, "getaddrinfo", lambda host, *_: host),
    ):
        monkeypatch.setattr(place, name, guarded(getattr(place, name), host_of))
    yield
    if attempts:
        # The code under test may have swallowed the exception.
        pytest.fail(f"asked another machine: {', '.join(map(str, attempts))}", pytrace=False)


def is_this_machine(host):
    """Whether `host` (a name, an address, or None for no network) is this machine's loopback."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --- Data and files ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """Keep SQLite's database in a file, as the site does, and what the migrations put in it as a whole.

    In memory, all threads of the live server would share one connection, and so their transactions.
    Row by row, as Django does it, a test with a live server would wait half a second for its database.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3" and not database["TEST"].get("NAME"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "db.sqlite3")
        creation = connection.creation
        creation.serialize_db_to_string = copy_database
        creation.deserialize_db_from_string = restore_database


def copy_database():
    """Return a connection to a copy of SQLite's database in memory."""
    connection.ensure_connection()
    copy = sqlite3.connect(":memory:")
    connection.connection.backup(copy)
    return copy


def restore_database(copy):
    connection.ensure_connection()
    copy.backup(connection.connection)


@pytest.fixture(scope="session", autouse=True)
def quick_pictures():
    """Write AVIF and WebP as quickly as can be: in a quarter of the time, and a little larger."""
    for name, plugin, options in (
        ("AVIF", AvifImagePlugin, {"speed": 10}),
        ("WEBP", WebPImagePlugin, {"method": 0}),
    ):
        Image.register_save(name, partial(save_with, options, plugin._save))


def save_with(options, save, image, *arguments):
    image.encoderinfo = options | image.encoderinfo
    return save(image, *arguments)


@pytest.fixture
def no_old_renditions():
    """Forget the renditions of the last test's pictures, which had the same numbers."""
    caches["default"].clear()


@pytest.fixture
def store(settings, tmp_path, no_old_renditions):
    """The folder where this test's pictures and documents are stored, and no other's."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def rough_pictures(monkeypatch):
    """Draw the demonstration's pictures without smooth edges, in a quarter of the time."""
    monkeypatch.setattr(pictures, "SCALE", 1)


@pytest.fixture
def committed(monkeypatch):
    act_as_committed(monkeypatch)


def act_as_committed(monkeypatch):
    """Have the caches treat what the test wrote as committed, so that they are used as on a running site."""
    for module in (versioned_cache, visibility):
        monkeypatch.setattr(module, "in_transaction", lambda: False)
    content_version.change()


@pytest.fixture
def editor(client):
    """A client logged in as a member of Editors: they may not publish."""
    client.force_login(builders.make_user("Editors"))
    return client


@pytest.fixture
def idle_server():
    """A function that waits until the live server has answered all that reached it.

    What a page had asked for when it closed (an autosave) must not meet the next test's database.
    """
    running, changed = [], threading.Condition()

    def started(**_arguments):
        with changed:
            running.append("request")

    def finished(**_arguments):
        with changed:
            del running[-1:]
            changed.notify_all()

    def wait():
        with changed:
            changed.wait_for(lambda: not running, timeout=10)

    request_started.connect(started)
    request_finished.connect(finished)
    yield wait
    request_started.disconnect(started)
    request_finished.disconnect(finished)


# --- The browser ---------------------------------------------------------------------------------

# Not all that the Content Security Policy blocks is told in the console.
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`
    + ` on ${location.pathname} ${event.sample}`));"""

# In the admin, a click on what is still sliding into its place can miss it.
STAND_STILL = """document.addEventListener("DOMContentLoaded", () => {
    if (window.jQuery) window.jQuery.fx.off = true;
});"""

# How long, in milliseconds, the tests wait for what should appear: slow machines are no failure.
PATIENCE = 10_000


@pytest.fixture(scope="session")
def browser_path():
    """The path of Chromium. Without one the test is skipped; under CI it fails."""
    try:
        return services.chromium(install=False)
    except services.Missing as missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(str(missing))


@pytest.fixture(scope="session")
def browser(browser_path, django_db_setup):
    """A running Chromium, one for each test process. Tests open pages with `new_page`."""
    expect.set_options(timeout=PATIENCE)
    connections_before = connections.all()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # As long as Playwright lives, an event loop runs in this thread. Django takes what the test
        # does for asynchronous code: it would refuse queries, and make new database connections,
        # that know nothing of how the test database was set up.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        for connection in connections_before:
            connections[connection.alias] = connection
        yield playwright.chromium.launch(
            executable_path=browser_path,
            args=services.BROWSER_FLAGS,
            chromium_sandbox=os.geteuid() != 0,  # it refuses root
        )


@pytest.fixture
def allow_errors():
    """A list for a test to add texts to: an error in the browser with one in it is expected."""
    return []


@pytest.fixture
def context_factory(
    browser,
    allow_errors,
    idle_server,
    no_old_renditions,
    transactional_db,
    django_db_serialized_rollback,
):
    """A function that opens a browser context, with the options of Playwright's `new_context`.

    The live server sees what the test commits; the database starts as the migrations leave it.

    The test fails at its end when a page asked for anything beyond this machine, or when a script,
    a request or the console had an error that `allow_errors` does not name.
    """
    contexts, addresses, errors = [], [], []

    def open_context(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        # The page editor says goodbye when it closes, which could arrive after the test.
        context.add_init_script("navigator.sendBeacon = () => true")
        context.add_init_script(TELL_VIOLATIONS)
        context.add_init_script(STAND_STILL)
        context.on("request", lambda request: addresses.append(request.url))
        context.on("weberror", lambda error: errors.append(f"script: {error.error}"))
        context.on("console", lambda message: errors.extend(console_errors(message)))
        context.on("requestfailed", lambda request: errors.extend(network_errors(request)))
        return context

    yield open_context
    for context in contexts:
        context.close()
    idle_server()
    problems = [f"outside: {address}" for address in addresses if not is_local(address)]
    problems += [error for error in errors if not any(text in error for text in allow_errors)]
    if problems:
        pytest.fail("in the browser\n" + "\n".join(problems), pytrace=False)


@pytest.fixture
def new_page(context_factory):
    """A function that opens a page in a new context of its own; see `context_factory`."""
    return lambda **options: context_factory(**options).new_page()


def is_local(address):
    """Whether the URL `address` stays on this machine."""
    parts = urlsplit(address)
    return parts.scheme in {"about", "blob", "data"} or is_this_machine(parts.hostname or "")


# When the editor saves or publishes in the moment in which Wagtail's page editor saves by itself, that second
# one is refused, for it knows of no newer version. What the editor asked for is done.
LATE_AUTOSAVE = re.compile(r"status of 400 .*/admin/pages/\d+/edit/\)$")


def console_errors(message):
    """Return the error that a console message is, in a list; an empty list when it is none."""
    error = f"console: {message.text} ({message.location.get('url', '')})"
    return [error] if message.type == "error" and not LATE_AUTOSAVE.search(error) else []


def network_errors(request):
    """Return why a request failed, in a list; an empty list when the page itself gave it up."""
    # Leaving a page, or a download, aborts what it was still asking for.
    aborted = request.failure == "net::ERR_ABORTED"
    return [] if aborted else [f"request: {request.url} {request.failure}"]
