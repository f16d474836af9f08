"""The cache of CACHE_URL: while Redis does not answer, it has nothing and takes nothing, without errors."""

import logging
import time

import pytest

from caching import redis_cache
from tests.support.redis_server import Redis

pytestmark = pytest.mark.sqlite_only

# Seconds for which a request waits for a Redis that hangs.
TIMEOUTS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
MISSING = object()
# (operation, its result without Redis)
OPERATIONS = [
    (lambda cache: cache.get("key", MISSING), MISSING),
    (lambda cache: cache.get_many(["key", "other"]), {}),
    (lambda cache: cache.get_or_set("key", lambda: "made"), "made"),
    (lambda cache: "key" in cache, False),
    (lambda cache: cache.set("key", 1), None),
    (lambda cache: cache.set_many({"key": 1}), []),
    (lambda cache: cache.add("key", 1), False),
    (lambda cache: cache.touch("key"), False),
    (lambda cache: cache.delete("key"), False),
    (lambda cache: cache.delete_many(["key"]), None),
    (lambda cache: cache.clear(), False),
]


@pytest.fixture
def server(redis_path, monkeypatch):
    """A server that is not running."""
    monkeypatch.setattr(redis_cache, "breaker", redis_cache.CircuitBreaker())
    server = Redis(redis_path)
    yield server
    server.stop()


@pytest.fixture
def cache(server):
    return redis_cache.RedisCache(server.address, {"OPTIONS": TIMEOUTS})


def end_pause():
    """Let the time pass for which Redis is not asked."""
    redis_cache.breaker.retry_at = time.monotonic()


@pytest.mark.parametrize("fault", ["away", "hanging"])
def test_without_redis_each_operation_is_a_miss(server, cache, fault):
    if fault == "hanging":
        server.start()
        server.suspend()
    for operation, expected in OPERATIONS:
        # First it is asked and fails, then it is not asked, as in the pause after a failure.
        for is_asked in (True, False):
            redis_cache.breaker.retry_at = None if is_asked else time.monotonic() + 60
            assert operation(cache) == expected
    with pytest.raises(ValueError, match="not found"):
        cache.incr("key")


def test_redis_is_asked_again_after_a_pause(server, cache, caplog):
    with caplog.at_level(logging.INFO):
        cache.set("key", "lost")
        assert cache.get("key") is None
        server.start()
        assert cache.add("key", 1) is False, "it is not asked"
        end_pause()
        assert cache.add("key", 1) is True
    assert cache.incr("key") == 2
    said = [(record.levelname, record.message) for record in caplog.records]
    assert [level for level, _message in said] == ["ERROR", "WARNING"], "once, not at each request"
    assert said[1][1] == "The cache of CACHE_URL answers again."
    assert server.password not in caplog.text


def test_only_one_request_waits_for_a_redis_that_hangs(server, cache):
    server.start()
    server.suspend()
    for _pause in range(2):
        times = []
        for _request in range(5):
            begin = time.monotonic()
            cache.get("key")
            times.append(time.monotonic() - begin)
        assert times[0] >= 0.2
        assert sum(times[1:]) < 0.2
        end_pause()


def test_value_that_can_not_be_read_is_a_miss(server, cache):
    server.start()
    cache.set_many({"good": "value", "none": None})
    client = cache._cache.get_client()
    # A pickled value of a class that this release does not have.
    client.set(cache.make_key("bad"), b"\x80\x05cno_such_module\nClass\n.")
    assert cache.get("bad", MISSING) is MISSING
    assert cache.get_many(["bad", "good", "none"]) == {"good": "value", "none": None}
    assert cache.get("none", MISSING) is None
    client.close()
