"""A change to a file that readers would see at once needs somebody who may publish."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support import admin_world, builders
from tests.support.choosing import permit
from tests.support.files_of_pages import document_block, story_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


@pytest.fixture
def own():
    return admin_world.make_section("Own", "Plain")


@pytest.fixture
def editor(client, own):
    """A client logged in as an editor of the section `own`, who may not publish."""
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client


def change_picture(client, image, **fields):
    form = {"title": "New title", "shows": image.shows, "collection": image.collection_id, "tags": ""}
    return client.post(f"/admin/images/{image.pk}/", form | fields)


def change_document(client, document, **fields):
    form = {"title": "New title", "collection": document.collection_id, "tags": ""}
    return client.post(f"/admin/documents/edit/{document.pk}/", form | fields)


def new_picture():
    return SimpleUploadedFile("new.png", builders.picture_bytes(color=(1, 2, 3)), content_type="image/png")


def new_text():
    return SimpleUploadedFile("new.txt", b"Other words.", content_type="text/plain")


def test_editor_cannot_change_what_readers_see_of_a_public_file(editor, own):
    story = story_with(own.image, parent=own.index, body=document_block(own.document))
    # (function, file, field, function that returns its new value, field that shows the error)
    changes = [
        (change_picture, own.image, "file", new_picture, "file"),
        (change_picture, own.image, "credit", lambda: "Somebody", "credit"),
        (change_picture, own.image, "shows", lambda: "person", "shows"),
        # Fields of the focal point are hidden, so the form itself shows the error.
        (change_picture, own.image, "focal_point_x", lambda: "9", "__all__"),
        (change_document, own.document, "file", new_text, "file"),
    ]
    for change, item, field, make_value, field_with_error in changes:
        stored = type(item).objects.values("file", "file_hash").get(pk=item.pk)
        response = change(editor, item, **{field: make_value()})
        assert list(response.context["form"].errors) == [field_with_error]
        assert "only somebody who may publish can change it" in response.text, field
        assert type(item).objects.values("file", "file_hash").get(pk=item.pk) == stored
    # The title is not shown to readers.
    assert change_picture(editor, own.image).status_code == 302
    assert change_document(editor, own.document).status_code == 302

    # The files of a page that is not public are the editor's.
    story.unpublish()
    for change, item, field, make_value, _field_with_error in changes:
        assert change(editor, item, **{field: make_value()}).status_code == 302, field


def test_somebody_who_may_publish_can_change_a_public_file(editor, own):
    story_with(own.image, parent=own.index)
    permit(editor, own)
    assert change_picture(editor, own.image, file=new_picture()).status_code == 302
