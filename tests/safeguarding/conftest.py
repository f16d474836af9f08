"""Fixtures for the tests of safeguarding: a client of a lead, a person, and a data folder."""

import pytest

from safeguarding.policies import GROUP
from tests.support.builders import make_user
from tests.support.protected_person import make_protected_person


@pytest.fixture
def lead(client):
    """A client in which a member of the group Safeguarding is signed in: `lead.user`."""
    client.user = make_user(GROUP)
    client.force_login(client.user)
    return client


@pytest.fixture
def person():
    """A person with protected words of every kind, who agreed to everything."""
    return make_protected_person()


@pytest.fixture(autouse=True)
def data_dir(db, settings, tmp_path):
    """Give each test the database, and keep its files and its ledger in a folder of its own."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path
