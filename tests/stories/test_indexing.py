"""The indexes of a page are updated once, after its rows are saved, and not with its drafts."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Comment, ReferenceIndex
from wagtail.search.models import IndexEntry

from home.models import StandardPage
from stories.models import StoryCountry, StoryPage
from stories.terms import Country
from tests.support.builders import make_plain_page, make_story, make_user

pytestmark = pytest.mark.django_db


def updates_of_indexes(act):
    """Return how often `act`, a function, updates the reference index and the search index."""
    with CaptureQueriesContext(connection) as queries:
        act()
    statements = [each["sql"].lstrip() for each in queries]
    references = [sql for sql in statements if sql.startswith('SELECT "wagtailcore_referenceindex"')]
    written = [sql for sql in statements if sql.startswith(("INSERT", "UPDATE"))]
    return len(references), sum("wagtailsearch_indexentry" in sql.partition("(")[0] for sql in written)


def is_found(client, words):
    return "1 result " in client.get(f"/search/?q={words}").text


def test_indexes_have_the_rows_of_a_page_as_soon_as_it_is_published(client):
    story = StoryPage.objects.get(pk=make_story("Lanterns", countries=["UG"]).pk)
    story.story_countries = [StoryCountry(country_id=code) for code in ("KE", "TZ")]
    story.save_revision()
    assert is_found(client, "Uganda") and not is_found(client, "Kenya")
    updates = updates_of_indexes(story.get_latest_revision().publish)
    assert is_found(client, "Kenya") and not is_found(client, "Uganda")
    assert updates == (1, 1)
    for code, is_referred_to in (("KE", True), ("UG", False)):
        references = ReferenceIndex.get_references_to(Country.objects.get(code=code))
        assert references.filter(object_id=str(story.pk)).exists() == is_referred_to


def test_draft_updates_no_index_unless_it_has_a_new_comment():
    for page in (make_story(), make_plain_page("About")):
        page.title = "A draft"
        assert updates_of_indexes(page.save_revision) == (0, 0)
    user = make_user("Editors")
    page.wagtail_admin_comments = [Comment(user=user, text="Why?", contentpath="title")]
    page.save_revision()
    assert ReferenceIndex.get_references_to(user).filter(object_id=str(page.pk)).exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_page_is_not_saved_without_its_references():
    """If the process ends between them, a picture that the page no longer shows would stay public."""
    page = make_plain_page("About")

    def end(execute, sql, params, many, context):
        if "wagtailcore_referenceindex" in sql:
            raise KeyboardInterrupt
        return execute(sql, params, many, context)

    page.title = "Changed"
    with connection.execute_wrapper(end), pytest.raises(KeyboardInterrupt):
        page.save()
    assert StandardPage.objects.get().title == "About"


def test_deleted_page_leaves_the_search_index():
    for make in (make_story, make_plain_page):
        page = make("Lanterns")
        entries = IndexEntry.objects.filter(
            object_id=page.pk, content_type=ContentType.objects.get_for_model(page)
        )
        assert entries.count() == 1
        page.delete()
        assert not entries.exists(), make
