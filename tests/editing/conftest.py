"""Two sections of the site, and a client for each test that may edit one of them."""

import pytest
from django.core.cache import caches
from django.test import override_settings

from tests.support import admin_world
from tests.support.admin_world import SECRET


@pytest.fixture(scope="module")
def shared_sections(module_transaction, tmp_path_factory):
    """The sections of `own` and `other` with all their objects, made once for the tests of a module.

    A test that changes these objects in memory needs a copy. See also module_transaction.
    """
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        # Earlier tests had pictures with the same keys, and so the same renditions.
        caches["default"].clear()
        yield admin_world.make_section("Own", "Plain"), admin_world.make_section("Other", SECRET)


@pytest.fixture
def own(media_root):
    """The section that `writer` may edit, so nothing in it is hidden from them. Objects are made on use."""
    return admin_world.Section("Own", "Plain")


@pytest.fixture
def other(media_root):
    """Another section. What `writer` may not see in it has SECRET in its title, slug and text."""
    return admin_world.make_section("Other", SECRET)


@pytest.fixture
def elsewhere(media_root):
    """Another section, as `other` is. Its objects are made on use."""
    return admin_world.Section("Other", SECRET)


@pytest.fixture
def writer(client, own):
    """A client logged in as an editor of the section `own` alone, who may not publish: `writer.user`."""
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client
