"""Fixtures for the tests of operations."""

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType


@pytest.fixture
def whole_database(transactional_db, django_db_serialized_rollback):
    """The database without an enclosing transaction, and with the rows that the migrations created.

    A restore clears the cache of content types, which also holds types that are in no table. Without them the
    next test would create others.
    """
    ContentType.objects.get_for_models(*apps.get_models(), for_concrete_models=False)
    known = {alias: dict(types) for alias, types in ContentType.objects._cache.items()}
    yield
    ContentType.objects._cache.update(known)
