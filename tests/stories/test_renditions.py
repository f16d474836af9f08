"""Renditions are made when a page is published, not while a reader waits."""

import io
import re

import pytest
from django.core.management import call_command

from media.models import CleanImage, Rendition
from media.sweep import sweep_files
from stories import renditions
from tests.support.builders import make_image, make_private, make_story, pictures_block
from tests.support.media_samples import make_older

pytestmark = pytest.mark.django_db


def story_with_pictures(**fields):
    """Return a new story with a lead picture, and another picture in its body."""
    body = [pictures_block(make_image())]
    return make_story(lead_image=make_image(), lead_image_alt="A lamp", body=body, **fields)


def stored():
    """Return the names of the files of all renditions in the database."""
    return set(Rendition.objects.values_list("file", flat=True))


def test_publishing_makes_all_that_a_story_and_its_card_show(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        story = story_with_pictures(live=False)
        story.get_latest_revision().publish()
    made = stored()
    assert made
    pages = [client.get(address).text for address in (story.url, "/stories/", "/search/?q=lamp", "/")]
    shown = [set(re.findall(r"/media/(images/[^ \"]+)", page)) for page in pages]
    assert shown[0]
    assert set().union(*shown) <= made
    assert stored() == made, "no reader's request made one"


def test_publishing_goes_on_when_a_picture_can_not_be_made(django_capture_on_commit_callbacks):
    story = story_with_pictures()
    # As when the disk lost the file.
    story.lead_image.file.storage.delete(story.lead_image.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    story.refresh_from_db()
    assert story.live


def test_a_failure_is_logged_and_left_to_the_first_reader(caplog):
    renditions.make_or_log(987654321)  # the key of no page, as after its deletion
    assert "page 987654321 could not be made" in caplog.text


def test_reader_is_shown_the_first_of_two_renditions_made_at_a_time(media_root, monkeypatch):
    """As when a page is opened while its renditions are still made."""
    image = make_image()
    bulk_create = Rendition.objects.bulk_create

    def bulk_create_too_late(late, **options):
        """Store the renditions `late`. Another request, which makes the same ones, stores its own before."""
        monkeypatch.setattr(Rendition.objects, "bulk_create", bulk_create)
        for rendition in late:
            CleanImage.objects.get(pk=image.pk).get_rendition(rendition.filter_spec)
        return bulk_create(late, **options)

    monkeypatch.setattr(Rendition.objects, "bulk_create", bulk_create_too_late)
    shown = image.get_renditions("width-100", "width-200|format-webp")
    assert {rendition.file.name for rendition in shown.values()} == stored()
    make_older(media_root)
    sweep_files()
    assert {f"images/{path.name}" for path in media_root.glob("images/*")} == stored()


def test_command_makes_what_is_missing_for_public_pages_only():
    story_with_pictures()
    hidden = make_private(story_with_pictures())
    out = io.StringIO()
    call_command("make_renditions", stdout=out)
    assert "0 pages failed" in out.getvalue()
    made = len(stored())
    assert made
    assert not hidden.lead_image.renditions.exists()
    call_command("make_renditions", "--anew", stdout=io.StringIO())
    assert len(stored()) == made
