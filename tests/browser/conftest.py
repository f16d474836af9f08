"""Fixtures for the browser tests. The browser itself is in tests/support/browser_fixtures.py."""

import pytest

from tests.browser import admin
from tests.support import builders


def pytest_collection_modifyitems(items):
    """Give each browser test a second attempt.

    Wagtail's page editor moves elements and the focus while its scripts load. On a busy machine, an action
    can miss its element because of that. The end of the test run lists the repeated tests. pytest calls this
    with the tests of all folders.
    """
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def moderator(db):
    return builders.make_user("Moderators", username="moderator")


@pytest.fixture
def tab(new_page, live_server, moderator):
    """A browser page in which a moderator is signed in. `tab.open(path)` opens a page of the admin."""
    page = admin.open_tab(new_page)
    admin.give_session(page, live_server.url, moderator)
    page.open = lambda path: page.goto(f"{live_server.url}/admin/{path}")
    return page


@pytest.fixture
def without_autosaves(settings):
    """Switch autosaves off: many would take longer than the rest of a test, and replace what it looks for."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
