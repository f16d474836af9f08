"""Fixtures for all tests: no network beyond this machine, and for tests/browser/ a browser."""

import gc
import ipaddress
import os
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
from tests.support import builders, front_server, redis_server, services
from tests.support.upstream import Front, running_upstream

# Fixtures that give a test the database, as the marker django_db does.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Run tests without a database first. pytest-django would run them last.

    Some of them start whole servers and take long. At the end, the other processes would wait for them.
    """
    items.sort(key=uses_database)


def uses_database(item):
    return bool(item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(item.fixturenames))


def pytest_collection_finish():
    """Exclude the objects that exist now from garbage collection, which took 1 second of 20 with them."""
    gc.freeze()


# --- No network beyond this machine --------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    """Refuse connections of Python to other machines, except that of the database, and fail the test."""
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
    """Return whether `host`, a name or an address, is this machine. None means no network, so it is."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --- Data and files ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """Keep SQLite's database in a file, as the site does, and copy it as a whole to restore it.

    If it were in memory, all threads of the live server would share one connection and its transactions.
    Django restores the rows that the migrations created one by one, which takes half a second for each test
    with a live server.
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
    """Encode AVIF and WebP with the least effort: in a quarter of the time, into slightly larger files."""
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
    """Clear the cache of renditions: the pictures of the last test had the same primary keys."""
    caches["default"].clear()


@pytest.fixture
def store(settings, tmp_path, no_old_renditions):
    """An empty folder in which this test's pictures and documents are stored."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def rough_pictures(monkeypatch):
    """Draw the pictures of the demo without smooth edges, which takes a quarter of the time."""
    monkeypatch.setattr(pictures, "SCALE", 1)


@pytest.fixture
def committed(monkeypatch):
    act_as_committed(monkeypatch)


def act_as_committed(monkeypatch):
    """Make the caches treat what the test wrote as committed.

    Nothing is cached inside a transaction, and the tests of pytest-django run in one.
    """
    for module in (versioned_cache, visibility):
        monkeypatch.setattr(module, "in_transaction", lambda: False)
    content_version.change()


@pytest.fixture
def editor(client):
    """A client in which a member of Editors is signed in. Editors may not publish."""
    client.force_login(builders.make_user("Editors"))
    return client


@pytest.fixture
def idle_server():
    """A function that waits until the live server has answered all requests.

    A request that a page made just before it closed, such as an autosave, must not reach the next test's
    database.
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


# --- nginx ---------------------------------------------------------------------------------------


def path_of(find):
    """Return the path of a program. If it is missing, the test is skipped; on CI it fails.

    `find`: a function of tests/support/ that returns the path.
    """
    try:
        return find(install=False)
    except services.Missing as missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(str(missing))


@pytest.fixture(scope="session")
def nginx_path():
    """The path of nginx."""
    return path_of(front_server.nginx_program)


@pytest.fixture(scope="session")
def redis_path():
    """The path of Redis or Valkey."""
    return path_of(redis_server.redis_program)


@pytest.fixture
def upstream():
    """A server in place of the site, for tests of nginx."""
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture
def front(nginx_path, upstream, tmp_path):
    """A running nginx with deploy/nginx.conf in front of `upstream`."""
    with front_server.running(nginx_path, upstream.address, tmp_path) as (port, folder):
        yield Front(port, folder)


# --- The browser ---------------------------------------------------------------------------------

# Chromium does not log every violation of the Content Security Policy, so this script does.
LOG_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`
    + ` on ${location.pathname} ${event.sample}`));"""

# Without animations: in the admin, a click on an element that still moves can miss it.
NO_ANIMATIONS = """document.addEventListener("DOMContentLoaded", () => {
    if (window.jQuery) window.jQuery.fx.off = true;
});"""

# How long, in milliseconds, the tests wait for an element to appear. Slow machines need long.
PATIENCE = 10_000


@pytest.fixture(scope="session")
def browser_path():
    """The path of Chromium."""
    return path_of(services.chromium)


@pytest.fixture(scope="session")
def browser(browser_path, django_db_setup):
    """A running Chromium, one for each test process. Tests open pages with `new_page`."""
    expect.set_options(timeout=PATIENCE)
    connections_before = connections.all()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # While Playwright runs, there is an event loop in this thread, so Django takes the test for
        # asynchronous code. It would refuse queries, and make new database connections without the
        # settings of the test database.
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
    """A list of texts, empty at first. Errors in the browser that contain one of them are expected."""
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

    The test is not in a transaction, so that the live server sees the rows that it creates. The database
    begins with the rows that the migrations created.

    The test fails at its end if a page made a request to another machine, or if a script, a request or the
    console had an error that `allow_errors` does not name.
    """
    contexts, addresses, errors = [], [], []

    def open_context(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        # When the page editor closes, it sends a beacon, which could arrive after the test.
        context.add_init_script("navigator.sendBeacon = () => true")
        context.add_init_script(LOG_VIOLATIONS)
        context.add_init_script(NO_ANIMATIONS)
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
    """A function that opens a page in a new context; see `context_factory`."""
    return lambda **options: context_factory(**options).new_page()


def is_local(address):
    """Return whether the URL `address` is on this machine."""
    parts = urlsplit(address)
    return parts.scheme in {"about", "blob", "data"} or is_this_machine(parts.hostname or "")


def console_errors(message):
    """Return a list with the console message if it is an error, else an empty list."""
    error = f"console: {message.text} ({message.location.get('url', '')})"
    return [error] if message.type == "error" else []


def network_errors(request):
    """Return a list with the reason why a request failed, or an empty list if the page aborted it."""
    # Leaving a page aborts requests that are still running, and so does a download.
    aborted = request.failure == "net::ERR_ABORTED"
    return [] if aborted else [f"request: {request.url} {request.failure}"]
