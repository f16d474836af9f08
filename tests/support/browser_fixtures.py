"""Fixtures for tests in a browser. An error in a page that `new_page` opened fails the test."""

import threading
from urllib.parse import urlsplit

import pytest
from django.core.signals import request_finished, request_started
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from tests.support import services
from tests.support.network_fixtures import is_this_machine
from tests.support.server_fixtures import path_of

# Chromium does not log every violation of the Content Security Policy, so this script does.
LOG_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`
    + ` on ${location.pathname} ${event.sample}`));"""

# Without animations: in the admin, a click on an element that still moves can miss it.
NO_ANIMATIONS = """document.addEventListener("DOMContentLoaded", () => {
    if (window.jQuery) window.jQuery.fx.off = true;
});"""

# How long, in milliseconds, the tests wait for an element to appear. Slow machines take long.
PATIENCE = 30_000


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
        yield services.launch(playwright, browser_path)


@pytest.fixture
def allow_errors():
    """A list of texts, empty at first. Errors in the browser that contain one of them are expected."""
    return []


@pytest.fixture
def idle_server():
    """A function that waits until the live server has answered all requests.

    A request that a page made just before it closed, such as an autosave, must not reach the next test's
    database.
    """
    running, changed = set(), threading.Condition()

    def started(**_arguments):
        running.add(threading.get_ident())

    def finished(**_arguments):
        with changed:
            running.discard(threading.get_ident())
            changed.notify_all()

    def wait():
        with changed:
            changed.wait_for(lambda: not running, timeout=10)

    request_started.connect(started)
    request_finished.connect(finished)
    yield wait
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.fixture
def context_factory(browser, allow_errors, idle_server, transactional_db, django_db_serialized_rollback):
    """A function that opens a browser context, with the options of Playwright's `new_context`.

    The test is not in a transaction, so that the live server sees the rows that it creates. The database
    begins with the rows that the migrations created.

    Pages prefer reduced motion unless `options` say otherwise. Badges of Wagtail's admin blink for 25 seconds
    on each page, which takes a sixth to a third of Chromium's time, and axe measures other colours meanwhile.

    The test fails at its end if a page made a request to another machine, or if a script, a request or the
    console had an error that `allow_errors` does not name.
    """
    contexts, addresses, errors = [], [], []

    def open_context(**options):
        context = browser.new_context(**{"reduced_motion": "reduce"} | options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        # When the page editor closes, it sends a beacon, which could arrive after the test.
        context.add_init_script("navigator.sendBeacon = () => true")
        context.add_init_script(LOG_VIOLATIONS)
        context.add_init_script(NO_ANIMATIONS)
        context.on("request", lambda request: addresses.append(request.url))
        context.on("weberror", lambda error: errors.append(f"script: {error.error}"))
        context.on("console", lambda message: errors.extend(services.console_errors(message)))
        context.on("requestfailed", lambda request: errors.extend(services.network_errors(request)))
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
