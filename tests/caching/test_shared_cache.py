"""The cache that all processes of the site share when CACHE_URL names one."""

import pytest

from tests.support import redis_server
from tests.support.environment import read_settings, run

pytestmark = pytest.mark.sqlite_only

# A program for `run`, which gives it the settings of the site.
USE = "from django.core.cache import cache; {}"


def printed(tmp_path, code, **variables):
    """Return what `code` prints in a process of its own, with the environment `variables`."""
    result = run(USE.format(code), tmp_path, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_processes_share_cached_values(redis_path, tmp_path):
    with redis_server.running(redis_path) as address:
        printed(tmp_path, "cache.set('key', 'of one')", CACHE_URL=address)
        assert printed(tmp_path, "print(cache.get('key'))", CACHE_URL=address) == "of one"
        refused = run(
            USE.format("cache.get('key')"), tmp_path, CACHE_URL=address.replace("redis://:", "redis://:x")
        )
        assert "AuthenticationError" in refused.stderr, "the password in the address is used"


def test_cache_has_short_timeouts(tmp_path):
    caches = read_settings(tmp_path, CACHE_URL="rediss://cache.example.org")["CACHES"]
    assert caches["default"]["OPTIONS"] == {"socket_connect_timeout": 1, "socket_timeout": 1}


def test_without_cache_url_each_process_has_its_own_cache(tmp_path):
    printed(tmp_path, "cache.set('key', 'of one')")
    assert printed(tmp_path, "print(cache.get('key'))") == "None"
