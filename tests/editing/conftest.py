"""Fixtures: two sections of the site, and a client whose user may edit one of them.

The objects of a section are made when they are used for the first time.
"""

import pytest

from tests.support import admin_world
from tests.support.admin_world import SECRET


@pytest.fixture
def own(media_root):
    """The section that `writer` may edit, so nothing in it is hidden from them."""
    return admin_world.Section("Own", "Plain")


@pytest.fixture
def elsewhere(media_root):
    """Another section. What `writer` may not see in it has SECRET in its title, slug and text."""
    return admin_world.Section("Other", SECRET)


@pytest.fixture
def writer(client, own):
    """A client logged in as an editor of the section `own` alone, who may not publish: `writer.user`."""
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client
