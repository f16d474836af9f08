"""Lets the caches store what a test wrote, although the test runs in a transaction."""

from caching import versioned_cache
from caching.content_version import content_version
from publishing import hiding, trash, visibility


def act_as_committed(monkeypatch):
    """Make the caches treat what the test wrote as committed.

    Nothing is cached inside a transaction, and the tests of pytest-django run in one.
    """
    for module in (versioned_cache, hiding, trash, visibility):
        monkeypatch.setattr(module, "in_transaction", lambda: False)
    content_version.change()  # what was cached before the test's writes is not used
