"""A fixture for the tests of the search: a vocabulary without the groups that the migrations create."""

import pytest

from search.models import VocabularyGroup


@pytest.fixture
def no_default_groups(db):
    """Leave only those groups of equal terms in the vocabulary that the test makes."""
    VocabularyGroup.objects.all().delete()
