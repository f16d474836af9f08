"""Concurrent requests of one user on two connections to PostgreSQL: the second one waits for the first.

Each test delays a function until both requests call it, or for a second. Without the lock, both go on with
what they read at the same time.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection
from django_otp.plugins.otp_static.models import StaticToken

from accounts import second_factor
from accounts.models import Passkey
from tests.support.second_factor import with_app

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
    pytest.mark.usefixtures("factor_required"),
]


@pytest.fixture
def meet(monkeypatch):
    """Return a function that makes two requests wait for each other in the method or function `name`."""
    barrier = threading.Barrier(2)

    def delay(owner, name):
        function = getattr(owner, name)

        def delayed(*args, **kwargs):
            found = function(*args, **kwargs)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=1)
            return found

        monkeypatch.setattr(owner, name, delayed)

    return delay


def run_together(function, user, values):
    """Return what `function` returns for `user` and each of two values, in two threads."""

    def run(value):
        try:
            return function(user, value)
        finally:
            connection.close()

    with ThreadPoolExecutor() as executor:
        return list(executor.map(run, values))


def test_one_of_the_last_two_factors_stays(admin, meet):
    with_app(admin)
    Passkey.objects.create(user=admin, name="stick", credential_id="A", public_key=b"")
    keys = [factor.persistent_id for factor in second_factor.factors_of(admin)]
    meet(second_factor, "factors_of")
    assert sorted(run_together(second_factor.remove, admin, keys)) == [False, True]
    assert second_factor.has_factor(admin)


def test_recovery_code_is_valid_once(admin, meet):
    code, *_others = with_app(admin)
    meet(StaticToken, "delete")
    results = run_together(second_factor.verify_code, admin, [code, code])
    assert sorted(map(bool, results)) == [False, True]
