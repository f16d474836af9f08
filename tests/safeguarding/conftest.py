"""Fixtures for the tests of safeguarding: clients of a lead and of a moderator, and a data folder."""

import pytest

from safeguarding.policies import GROUP
from tests.support.builders import make_user


@pytest.fixture
def lead(client):
    """A client in which a member of the group Safeguarding is signed in: `lead.user`."""
    client.user = make_user(GROUP)
    client.force_login(client.user)
    return client


@pytest.fixture
def moderator(client):
    """A client in which a member of the group Moderators is signed in: `moderator.user`."""
    client.user = make_user("Moderators")
    client.force_login(client.user)
    return client


@pytest.fixture
def data_dir(settings, tmp_path, media_root):
    """Keep the files of this test, and its ledger of withdrawals, in a folder of its own, and return that."""
    settings.DATA_DIR = tmp_path
    return tmp_path
