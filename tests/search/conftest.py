"""A site without the groups of equal terms that the migrations create."""

import pytest

from search.models import VocabularyGroup


@pytest.fixture
def no_default_groups(db):
    VocabularyGroup.objects.all().delete()
