"""A fixture for the tests of safeguarding: a client of a lead, who is a member of the safeguarding team."""

import pytest

from safeguarding.policies import GROUP
from tests.support.builders import make_user


@pytest.fixture
def lead(client):
    """A client in which a member of the group Safeguarding is signed in: `lead.user`."""
    client.user = make_user(GROUP)
    client.force_login(client.user)
    return client
