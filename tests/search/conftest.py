"""A fixture for the tests of the search: a vocabulary without the groups that the migrations create."""

import pytest

from search.models import VocabularyGroup


@pytest.fixture
def no_default_groups(db):
    VocabularyGroup.objects.all().delete()
