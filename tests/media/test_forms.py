"""A change to a file that readers would see at once needs somebody who may publish."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail.models import GroupPagePermission

from tests.support import admin_world, builders

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
    paper = [{"type": "document", "value": {"document": own.document.pk, "title": "x"}}]
    story = builders.make_story(
        "Live", own.index, lead_image=own.image, lead_image_decorative=True, body=paper
    )
    changes = [
        (change_picture, own.image, {"file": new_picture}),
        (change_picture, own.image, {"credit": lambda: "Somebody"}),
        (change_picture, own.image, {"shows": lambda: "person"}),
        (change_picture, own.image, {"focal_point_x": lambda: "9"}),
        (change_document, own.document, {"file": new_text}),
    ]

    def send(change, item, fields):
        return change(editor, item, **{name: value() for name, value in fields.items()})

    for change, item, fields in changes:
        stored = type(item).objects.values("file", "file_hash").get(pk=item.pk)
        response = send(change, item, fields)
        expected = ["__all__" if name == "focal_point_x" else name for name in fields]
        assert list(response.context["form"].errors) == expected
        assert "only somebody who may publish can change it" in response.text, fields
        assert type(item).objects.values("file", "file_hash").get(pk=item.pk) == stored
    # The title is not shown to readers.
    assert change_picture(editor, own.image).status_code == 302
    assert change_document(editor, own.document).status_code == 302

    # The files of a page that is not public are the editor's.
    story.unpublish()
    for change, item, fields in changes:
        assert send(change, item, fields).status_code == 302, fields


def test_somebody_who_may_publish_can_change_a_public_file(editor, own):
    builders.make_story("Live", own.index, lead_image=own.image, lead_image_decorative=True)
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page")
    GroupPagePermission.objects.create(group=editor.user.groups.get(), page=own.index, permission=right)
    assert change_picture(editor, own.image, file=new_picture()).status_code == 302
