"""A client in which a safeguarding lead is signed in."""

import pytest

from safeguarding.policies import GROUP
from tests.support.builders import make_user


@pytest.fixture
def lead(client):
    """A client in which a member of the group Safeguarding is signed in: `lead.user`."""
    client.user = make_user(GROUP)
    client.force_login(client.user)
    return client
