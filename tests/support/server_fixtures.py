"""Fixtures for tests that start nginx or a bucket, and the path of nginx."""

import os

import pytest
from django.core.files.storage import default_storage

from tests.support import bucket_server, front_server, services
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


@pytest.fixture(scope="session")
def s3():
    """The environment variables for a local server with the API of S3."""
    with bucket_server.running() as variables:
        yield variables


@pytest.fixture
def bucket(s3, settings, monkeypatch):
    """An empty bucket, which is the storage of the test."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    storage = {"BACKEND": "media.storage.BucketStorage", "OPTIONS": {"bucket_name": "stories"}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    bucket = default_storage.bucket
    bucket.create()
    bucket.objects.delete()
    return bucket
