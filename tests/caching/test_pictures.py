"""Which writes for pictures change the content version: all that decide who may see one, and no others."""

import uuid

import pytest
from django.core.management import call_command
from wagtail.models import ReferenceIndex

from caching.content_version import change as change_version
from caching.content_version import content_version
from media.models import CleanImage, Rendition
from media.people import is_shown_outside
from publishing.trash import is_in_trash
from stories.models import StoryPage
from stories.renditions import make_renditions
from tests.support import builders, files_of_pages, people
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def edited_story():
    """Return a story whose blocks have IDs, as those of the editor have.

    Without them, the reference index of a page changes at each update, because Wagtail makes up others.
    """
    block, item = builders.pictures_block(builders.make_image()), str(uuid.uuid4())
    items = [{"type": "item", "id": item, "value": each} for each in block["value"]["pictures"]]
    body = [block | {"id": str(uuid.uuid4()), "value": {"pictures": items}}]
    return StoryPage.objects.get(pk=files_of_pages.story_with(builders.make_image(), body=body).pk)


def save_draft_again(story):
    """As Wagtail's editor saves by itself, every few seconds: into the same revision."""
    revision = save_draft(story)()
    story.body = [builders.pictures_block(builders.make_image())]
    return lambda: story.save_revision(overwrite_revision=revision)


def save_draft(story):
    story.lead_image = builders.make_image()
    return story.save_revision


# Each of these prepares a write, and returns the function that does it.
UNSEEN = [
    save_draft,
    save_draft_again,
    lambda story: lambda: make_renditions(story),
    lambda story: lambda: story.lead_image.get_rendition("width-100|format-avif"),
]


def test_drafts_and_new_renditions_leave_the_version():
    key = edited_story().pk
    for number, prepare in enumerate(UNSEEN):
        with undone():
            write = prepare(StoryPage.objects.get(pk=key))
            before = content_version.read()
            assert before is not None
            write()
            assert content_version.read() == before, number


# {change: the function that makes it, with a story that has a picture}
CHANGES = {
    "publish another picture": lambda story: files_of_pages.story_with(builders.make_image()),
    "refer to a picture": ReferenceIndex.create_or_update_for_object,
    "forget all references": ReferenceIndex.remove_for_object,
    "index all again": lambda _story: call_command("rebuild_references_index", verbosity=0),
    "focal point": lambda story: builders.save_with(story.lead_image, focal_point_x=10),
    "delete a rendition": lambda story: story.lead_image.renditions.all().delete(),
    "change a rendition": lambda _story: Rendition.objects.update(file="images/other.jpg"),
    "change or make renditions": lambda story: Rendition.objects.bulk_create(
        list(Rendition.objects.all()),
        update_conflicts=True,
        update_fields=["file"],
        unique_fields=["image", "filter_spec", "focal_point_key"],
    ),
    "delete a picture": lambda story: story.lead_image.delete(),
}


def test_what_decides_who_may_see_a_picture_changes_the_version():
    key = files_of_pages.story_with(image := builders.make_image()).pk
    image.get_rendition("width-100|format-avif")
    for name, change in CHANGES.items():
        with undone():
            story = StoryPage.objects.get(pk=key)
            if name == "refer to a picture":
                ReferenceIndex.objects.all().delete()
            before = content_version.read()
            change(story)
            assert content_version.read() != before, name


def test_transaction_tells_other_threads_nothing_of_its_version():
    """With it they would remember a picture that is being taken away, and send it for a minute afterwards."""
    change_version()
    content_version.expire()  # as when nobody has read it for a while
    is_in_trash(builders.home_page())  # as an action on a page asks
    assert content_version.version is None


@pytest.mark.parametrize("event", [{"where": ["website"]}, {"proceedings": True}])
def test_changed_consent_changes_the_version_if_only_a_picture_outside_of_pages_shows_the_person(event):
    person = people.make_agreeing_person()
    picture = builders.make_image(shows=CleanImage.Shows.PERSON_IN_STORY, is_recognisable=True)
    picture.people.add(person)
    picture.refresh_from_db()
    assert is_shown_outside(picture)
    before = content_version.read()
    people.record(person, **people.ALL_AGREED | event)
    assert not is_shown_outside(picture)
    assert content_version.read() != before
