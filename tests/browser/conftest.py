"""Fixtures for the browser tests. The browser itself is in tests/support/browser_fixtures.py."""

from pathlib import Path

import pytest

from tests.support import builders


def pytest_collection_modifyitems(items):
    """Give each browser test a second attempt.

    Wagtail's page editor moves elements and the focus while its scripts load. On a busy machine, an action
    can miss its element because of that. The end of the test run lists the repeated tests.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def moderator(db):
    return builders.make_user("Moderators", username="moderator")
