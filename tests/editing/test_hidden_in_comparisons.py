"""The comparison of two revisions shows nothing of pictures and documents that its reader may not choose.

`writer` is a client whose user may edit the section `own` alone; hidden files of the section `elsewhere` have
SECRET in their titles.
"""

import itertools

import pytest

from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import text_of

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

NUMBERS = itertools.count(1)


def item(value):
    return {"type": "item", "id": "1" * 8, "value": value}


def picture(image):
    return {"image": image.pk, "alt_text": "x", "decorative": False}


def fields_of(section):
    """Return the fields of a story that refers to files of `section` in each way.

    The IDs of the blocks are the same for all sections, so that the blocks are compared.
    """
    blocks = {
        "document": {"document": section.document.pk, "title": "x"},
        "pictures": {"pictures": [item({"image": picture(section.image), "caption": ""})]},
        "media_link": {"kind": "video", "title": "x", "poster": picture(section.image)},
    }
    body = [
        {"type": kind, "id": f"{number:08}", "value": value}
        for number, (kind, value) in enumerate(blocks.items())
    ]
    return {"lead_image": section.image, "body": body}


def save_revision(story, fields):
    """Save a revision with `fields`. Its summary is a new one, so every two revisions differ in something."""
    for name, value in ({"lead_image": None, "body": []} | fields).items():
        setattr(story, name, value)
    story.summary = f"Summary number {next(NUMBERS)}."
    return story.save_revision(clean=False)


def compare(client, page, earlier, later):
    return text_of(client.get(f"/admin/pages/{page.pk}/revisions/compare/{earlier.pk}...{later.pk}/"))


def test_hidden_files_in_a_story(writer, admin_client, own, elsewhere):
    nothing, plain, hidden = {}, fields_of(own), fields_of(elsewhere)
    story = builders.make_story("Mine", own.index)
    for before, after in ((nothing, hidden), (hidden, nothing), (plain, hidden), (hidden, plain)):
        earlier, later = save_revision(story, before), save_revision(story, after)
        shown = compare(admin_client, story, earlier, later)
        # A thumbnail shows a picture, in three places; a document has its title.
        assert shown.count(file_of(elsewhere.image)) == 3
        assert shown.count(SECRET) >= 1
        shown = compare(writer, story, earlier, later)
        assert "Summary number" in shown
        assert file_of(elsewhere.image) not in shown
        assert SECRET not in shown
        if plain in (before, after):
            assert shown.count(file_of(own.image)) == 3
            assert shown.count("Plain") >= 1


def file_of(image):
    """Return the part of the file's name that its thumbnails have too. Wagtail shortens long names."""
    return image.file.name.rpartition("/")[2][:10]
