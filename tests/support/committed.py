"""Lets the caches store what a test wrote, although the test runs in a transaction."""

from contextlib import contextmanager

import pytest

from caching import versioned_cache
from caching.content_version import change, content_version
from publishing import visibility


def act_as_committed(monkeypatch):
    """Make the caches treat what the test wrote as committed.

    Nothing is cached inside a transaction, and the tests of pytest-django run in one. The addresses that are
    gone (safeguarding/withdrawal/addresses.py) are still read from the database each time.
    """
    for module in (versioned_cache, visibility):
        monkeypatch.setattr(module, "in_transaction", lambda: False)
    change()  # what was cached before the test's writes is not used
    content_version.expire()


@contextmanager
def caches_in_use():
    """Let the requests within the block share what pages have in common, as those of visitors do.

    To make the menu, the settings and the cards anew takes half of a request. The block must change no row.
    """
    with pytest.MonkeyPatch.context() as patch:
        act_as_committed(patch)
        with versioned_cache.set_request_version(content_version.read()):
            yield
