"""The indexes of a page are updated once, after its rows are saved; with a draft, only for its comments."""

import json

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Comment, CommentReply, ReferenceIndex
from wagtail.search.models import IndexEntry

from home.models import StandardPage
from stories.models import StoryCountry
from stories.terms import Country
from tests.support.builders import make_plain_page, make_story, make_user, save_with

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


def is_referred_to(target, page):
    return ReferenceIndex.get_references_to(target).filter(object_id=str(page.pk)).exists()


def test_indexes_have_the_rows_of_a_page_as_soon_as_it_is_published(client):
    story = make_story("Lanterns", countries=["UG"])
    story.story_countries = [StoryCountry(country_id=code) for code in ("KE", "TZ")]
    story.save_revision()
    found = [is_found(client, name) for name in ("Uganda", "Kenya")]
    assert updates_of_indexes(story.get_latest_revision().publish) == (1, 1)
    assert (found, [is_found(client, name) for name in ("Uganda", "Kenya")]) == ([True, False], [False, True])
    referred_to = [is_referred_to(Country.objects.get(code=code), story) for code in ("UG", "KE")]
    assert referred_to == [False, True]


def test_draft_updates_no_index_unless_a_comment_changed():
    page = make_plain_page("About")
    for each in (make_story(), page):
        each.title = "A draft"
        assert updates_of_indexes(each.save_revision) == (0, 0)
    asking, answering, resolving = (make_user("Editors") for _number in range(3))
    comment = Comment(user=asking, text="Why?", contentpath="title")
    for user, change in (
        (asking, {}),
        (answering, {"replies": [CommentReply(user=answering, text="So.")]}),
        (resolving, {"resolved_by": resolving, "resolved_at": timezone.now()}),
    ):
        for name, value in change.items():
            setattr(comment, name, value)
        page.wagtail_admin_comments = [comment]
        page.save_revision()
        assert is_referred_to(user, page)


def test_page_that_is_saved_while_another_one_is_saved_is_in_both_indexes(client):
    target, inner, outer = (make_plain_page(title) for title in ("Target", "Inner", "Outer"))
    link = f'<p><a linktype="page" id="{target.pk}">There</a></p>'

    def save_inner(instance, **_arguments):
        if instance.pk == outer.pk:
            save_with(inner, title="Lanterns", body=json.dumps([{"type": "text", "value": link}]))

    post_save.connect(save_inner, StandardPage)
    try:
        outer.save()
    finally:
        post_save.disconnect(save_inner, StandardPage)
    assert is_found(client, "Lanterns")
    assert is_referred_to(target, inner)


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
    for page in (make_story("Lanterns"), make_plain_page("Lanterns")):
        kind = ContentType.objects.get_for_model(page)
        entries = IndexEntry.objects.filter(object_id=page.pk, content_type=kind)
        assert entries.count() == 1
        page.delete()
        assert not entries.exists(), kind
