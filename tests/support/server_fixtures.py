"""Fixtures for tests that start nginx, and its path."""

import os

import pytest

from tests.support import front_server, services
from tests.support.upstream import Front, running_upstream


def path_of(find):
    """Return the path of a program. If it is missing, the test is skipped; on CI it fails.

    `find`: a function of tests/support/ that returns the path.
    """
    try:
        return find(install=False)
    except services.Missing as missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(str(missing))


@pytest.fixture(scope="session")
def nginx_path():
    """The path of nginx."""
    return path_of(front_server.nginx_program)


@pytest.fixture
def upstream():
    """A server in place of the site, for tests of nginx."""
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture
def front(nginx_path, upstream, tmp_path):
    """A running nginx with deploy/nginx.conf in front of `upstream`."""
    with front_server.running(nginx_path, upstream.address, tmp_path) as (port, folder):
        yield Front(port, folder)
