"""No page becomes an alias of another one, whatever asks for it."""

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from wagtail.models import Page

from publishing.aliases import REFUSED
from stories.models import StoryPage
from tests.support.builders import make_index, make_plain_page, make_story, parse
from tests.support.translations import make_home
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


def save_page(story, save=Page.save, **options):
    page = Page.objects.get(pk=make_plain_page("Other").pk)
    page.alias_of = Page.objects.get(pk=story.pk)
    save(page, **options)


def load_rows(page):
    for row in serializers.deserialize("json", serializers.serialize("json", [page])):
        row.save()


WAYS = {
    "action": lambda story: story.create_alias(parent=make_index(), update_slug="alias"),
    "section": lambda story: story.get_parent().specific.create_alias(
        recursive=True, parent=make_index(), update_slug="again"
    ),
    "untranslated parent": lambda story: story.copy_for_translation(
        make_home("fr").locale, copy_parents=True
    ),
    # As Wagtail's setting WAGTAILSIMPLETRANSLATION_SYNC_PAGE_TREE does with each new page.
    "synchronised tree": lambda story: story.copy_for_translation(
        make_home("fr").locale, copy_parents=True, alias=True
    ),
    "save": save_page,
    "save without validation": lambda story: save_page(story, clean=False),
    "save one field": lambda story: save_page(story, clean=False, update_fields=["alias_of"]),
    "fixture": lambda story: save_page(story, load_rows),
}


@pytest.mark.parametrize("way", WAYS)
def test_alias_is_refused_in_words(way):
    story = make_story(parent=make_index(make_index(), "Section"))
    with undone(), pytest.raises(ValidationError, match="stands in one section"):
        WAYS[way](StoryPage.objects.get(pk=story.pk))
    assert not Page.objects.exclude(alias_of=None).exists()


@pytest.mark.sqlite_only
def test_copy_says_why_and_makes_an_ordinary_page(admin_client):
    story = make_story("Told")
    address = f"/admin/pages/{story.pk}/copy/"
    page = parse(admin_client.get(address))
    assert page.select_one("[name=alias][disabled]")
    assert str(REFUSED) in page.text
    data = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": make_index().pk, "alias": "on"}
    admin_client.post(address, data)
    copy = StoryPage.objects.get(slug="copy")
    assert (copy.title, copy.alias_of, copy.live) == ("Copy", None, False)
