"""Each save of a story counts its words, and its pictures without alternative text."""

import pytest

from stories.models import StoryPage
from tests.support import builders

pytestmark = pytest.mark.django_db


def counts_of(story):
    """Return (number of words, number of pictures without alternative text) that are stored for `story`."""
    return StoryPage.objects.values_list("word_count", "undescribed_pictures").get(pk=story.pk)


def picture(image, alt_text="", decorative=False):
    """Return the stored value of a PictureBlock. `image`: a primary key or None."""
    return {"image": {"image": image, "alt_text": alt_text, "decorative": decorative}, "caption": "By a road"}


def test_words_and_undescribed_pictures_are_counted():
    image = builders.make_image()
    pictures = [
        picture(image.pk),
        # The other form in which Wagtail stores the items of a list.
        {"type": "item", "value": picture(image.pk, "A road"), "id": "a"},
        picture(image.pk, decorative=True),
        picture(None),
    ]
    film = {"kind": "video", "title": "Film", "url": "https://example.org/", "voice": "0"}
    film["poster"] = picture(None)["image"]
    body = [
        {"type": "heading", "value": {"text": "The road", "level": "2"}},
        {"type": "text", "value": "<p>We <b>walked</b> home.</p><p>Twice.</p>"},
        {"type": "pictures", "value": {"pictures": pictures}},
        {"type": "media_link", "value": film},
        {"type": "media_link", "value": film | {"poster": picture(image.pk)["image"]}},
    ]
    story = builders.make_story(body=body, lead_image=image, lead_image_decorative=True)
    # "The road" with the label of its size, "Section", which is in the text for the search too; "We walked
    # home. Twice."; four times "By a road"; "A road".
    words = 3 + 4 + 4 * 3 + 2
    # The first picture and that of the second film have neither alternative text nor the tick for decoration.
    assert counts_of(story) == (words, 2)
    builders.save_with(story, check=False, lead_image_decorative=False)
    assert counts_of(story) == (words, 3)
    builders.save_with(story, lead_image_alt="A road", body=[])
    assert counts_of(story) == (0, 0)


def test_published_draft_is_counted():
    story = builders.make_story()
    story.body = [("text", "<p>One two three four five.</p>")]
    story.save_revision().publish()
    assert counts_of(story) == (5, 0)
