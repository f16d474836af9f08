"""The content version in Redis: a change shows to every process, also if Redis could not be told of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis
from django.db import Error, close_old_connections, connection, transaction

from caching.change_time import Change
from caching.content_version import DatedContentVersion
from caching.models import MissedChange
from caching.redis_cache import PAUSE_SECONDS, CircuitBreaker
from caching.shared_version import CHECK_INTERVAL, CHECKED, SharedContentVersion
from stories.terms import Theme
from tests.support.queries import database_down
from tests.support.redis_server import Redis

# Seconds for which a request waits for a Redis that hangs.
TIMEOUTS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}

# Transactions are committed, because threads have their own connections. Migrations' data is then restored.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def server(redis_path):
    server = Redis(redis_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server):
    """A client of the server, in which a value is cached."""
    client = redis.Redis.from_url(server.address)
    client.set("cached", "value")
    yield client
    client.close()


@pytest.fixture
def reader(server):
    """The version as a process sees it that reaches the server all the time."""
    return process(server)


@pytest.fixture
def cut_off(redis_path):
    """The version as a process sees it that does not reach the server."""
    return process(Redis(redis_path))


def process(server):
    """Return the version as a process sees it."""
    return SharedContentVersion(server.address, TIMEOUTS, CircuitBreaker())


def elsewhere(function):
    """Return the result of `function` in another thread, which has its own connection to the database."""

    def call():
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def end_pause(version):
    """Let the time pass for which Redis is not asked."""
    version.breaker.retry_at = time.monotonic()


def test_version_is_the_same_until_a_change(reader, server):
    other = process(server)
    first = reader.read()
    assert first is not None
    assert reader.read() == other.read() == first
    other.change(Change.STATEMENT)
    assert reader.read() == other.read() != first
    assert not MissedChange.objects.exists()


@pytest.mark.parametrize("kind", [Change.COMMIT, Change.STATEMENT])
def test_version_is_settled_after_a_commit_or_a_tenth_of_a_second(reader, time_machine, kind):
    time_machine.move_to("2026-03-11T12:00Z", tick=False)
    dated = DatedContentVersion(reader)
    dated.end_change(dated.begin_change(), kind)
    is_complete = kind == Change.COMMIT
    version = dated.read()
    # The last one is before the change, as by the clock of another machine.
    for seconds, is_settled in [(0, is_complete), (0.05, is_complete), (0.05, True), (59, True), (-60, True)]:
        time_machine.shift(seconds)
        assert dated.is_settled(version) == is_settled, seconds


def test_change_that_redis_was_not_told_of_is_made_up_for(reader, cut_off, client):
    first = reader.read()
    with transaction.atomic():
        cut_off.change(Change.STATEMENT)
        client.delete(CHECKED)  # so that the next read looks for missed changes
        assert elsewhere(reader.read) == first, "nothing is committed"
    assert cut_off.read() is None
    # -2 if it has expired already, -1 if it never does.
    assert client.pttl(CHECKED) in {-2, *range(CHECK_INTERVAL + 1)}, "the next look is in a second at most"
    client.delete(CHECKED)
    # From here on, only `reader` is asked, as if the process of `cut_off` was killed.
    second = reader.read()
    assert second not in {first, None}
    assert client.get("cached") is None, "other cached values, which may be out of date, are gone too"
    assert not MissedChange.objects.exists()
    client.delete(CHECKED)
    assert reader.read() == second


def test_look_for_missed_changes_leaves_an_open_transaction_alone(reader, client):
    with transaction.atomic():
        MissedChange.objects.create()
        client.delete(CHECKED)
        first = reader.read()
        assert MissedChange.objects.exists(), "the connection is still open"
    assert client.get("cached"), "it did not look"
    assert reader.read() not in {first, None}, "it looks after the transaction"
    assert not MissedChange.objects.exists()


def test_statement_outside_of_a_transaction_keeps_its_connection(reader, client, monkeypatch):
    monkeypatch.setattr("caching.content_version.content_version", DatedContentVersion(reader))
    connection.ensure_connection()
    before = connection.connection
    client.delete(CHECKED)  # so that the next read looks for missed changes
    Theme.objects.create(name="Mining")
    assert connection.connection is before


def test_change_that_can_not_be_noted_is_rolled_back(cut_off, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL can end a connection from outside")
    monkeypatch.setattr("caching.content_version.content_version", DatedContentVersion(cut_off))
    with pytest.raises(Error), transaction.atomic():
        Theme.objects.create(name="Mining")
        key = connection.connection.info.backend_pid
        elsewhere(lambda: connection.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", [key]))
    close_old_connections()  # as at the beginning of the next request
    assert not Theme.objects.exists()
    assert not MissedChange.objects.exists()


def test_change_that_is_rolled_back_leaves_the_version(reader, cut_off, client):
    first = reader.read()
    with suppress(LookupError), transaction.atomic():
        cut_off.change(Change.STATEMENT)
        raise LookupError
    client.delete(CHECKED)
    assert reader.read() == first
    assert client.get("cached")


def test_change_is_not_forgotten_if_it_can_not_be_made_up_for(redis_path, cut_off):
    server = Redis(redis_path, "--rename-command", "FLUSHDB", "")  # It refuses to be emptied.
    server.start()
    try:
        reader = process(server)
        cut_off.change(Change.STATEMENT)
        assert reader.read() is None
        assert MissedChange.objects.exists()
    finally:
        server.stop()


def test_redis_that_comes_back_empty_has_a_new_version(reader, server):
    first = reader.read()
    server.stop()
    assert reader.read() is None
    server.start()
    end_pause(reader)
    assert reader.read() not in {first, None}


def test_without_the_database_the_version_is_used_and_the_look_is_rarer(reader, client):
    first = reader.read()
    client.delete(CHECKED)
    with database_down():
        assert reader.read() == first
    assert client.pttl(CHECKED) > CHECK_INTERVAL


def test_change_without_redis_and_database_is_made_up_for_by_its_process(reader):
    first = reader.read()
    reader.breaker.retry_at = time.monotonic() + 60  # Redis failed just before
    with database_down():
        reader.change(Change.STATEMENT)
    assert reader.read() is None
    end_pause(reader)
    assert reader.read() not in {first, None}


def test_redis_that_hangs_delays_one_request_in_a_while(reader, server):
    reader.read()
    server.suspend()
    times = []
    for _request in range(5):
        begin = time.monotonic()
        assert reader.read() is None
        times.append(time.monotonic() - begin)
    server.resume()
    assert times[0] >= 0.2
    assert sum(times[1:]) < 0.2, "the others don't ask"
    assert 0 < reader.breaker.retry_at - time.monotonic() <= PAUSE_SECONDS
