"""Fixtures for the browser tests. The browser itself is in tests/support/browser_fixtures.py."""

import pytest

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
