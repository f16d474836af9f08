"""Fixtures for the browser tests. The browser itself is in tests/support/browser_fixtures.py."""

import pytest

from tests.support import builders


@pytest.fixture
def moderator(db):
    return builders.make_user("Moderators", username="moderator")
