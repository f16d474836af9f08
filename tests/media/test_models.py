"""Pages show neither the names of uploaded files nor, as alternative text, the titles of pictures.

Also: what the form of a picture asks, and which rendition is used.
"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from wagtail.images.rect import Rect

from media.models import CleanImage, Rendition, load_renditions
from tests.support import builders
from tests.support.files_of_pages import document_block

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

NAME = "Amina Sow Dakar"
RANDOM_NAME = r"[0-9a-f]{32}"


@pytest.mark.sqlite_only
def test_name_of_an_upload_is_neither_stored_nor_shown(client, media_root):
    image = builders.make_image(title="Road", name=f"{NAME}.png")
    document = builders.make_document(name=f"{NAME}.txt")
    body = [builders.pictures_block(image, image), *document_block(document)]  # two pictures are a gallery
    page = client.get(builders.make_story(lead_image=image, lead_image_alt="A road", body=body).url).text
    words = re.compile("amina|sow|dakar", re.IGNORECASE)
    assert re.fullmatch(rf"original_images/{RANDOM_NAME}\.\w+", image.file.name)
    assert re.fullmatch(rf"documents/{RANDOM_NAME}\.txt", document.file.name)
    assert Rendition.objects.exists()
    stored = [str(path.relative_to(media_root)) for path in media_root.rglob("*")]
    assert [path for path in stored if words.search(path)] == []
    assert words.search(page) is None
    assert words.search(document.url) is None


@pytest.mark.sqlite_only
def test_editor_must_say_whom_a_picture_shows(client):
    client.force_login(builders.make_user("Editors"))

    def add(**fields):
        fields |= {"title": "A road", "file": SimpleUploadedFile("a.png", builders.picture_bytes())}
        return client.post("/admin/images/add/", fields)

    assert list(add().context["form"].errors) == ["shows"]
    add(shows="place")
    assert CleanImage.objects.get().shows == "place"


@pytest.mark.sqlite_only
def test_alternative_text_is_never_the_title():
    tags = "{% image image width-100 %}{% picture image width-100 %}"
    template = Template(f"{{% load wagtailimages_tags %}}{tags}")
    for description in ("", "A road between fields"):
        image = builders.make_image(title="IMG_2041 Amina", description=description)
        html = template.render(Context({"image": image}))
        assert (html.count(f'alt="{description}"'), "Amina" in html) == (2, False)


def test_rendition_that_another_process_made_is_used():
    """Even if the picture's renditions were loaded before. Its own file is gone, so none can be made."""
    image = builders.make_image()
    load_renditions([image])
    other = CleanImage.objects.get(pk=image.pk)
    made = {spec: other.get_rendition(spec).file.name for spec in ("width-100", "width-200")}
    image.file.storage.delete(image.file.name)
    found = image.get_renditions(*made)
    assert {spec: rendition.file.name for spec, rendition in found.items()} == made


@pytest.mark.sqlite_only
def test_portrait_without_a_focal_point_keeps_its_upper_third():
    chosen = {f"focal_point_{name}": 10 for name in ("x", "y", "width", "height")}
    for size, fields, focal_point in [
        ((80, 120), {}, Rect(0, 0, 80, 40)),
        ((80, 120), chosen, Rect(5, 5, 15, 15)),
        ((120, 80), {}, None),
    ]:
        image = CleanImage(width=size[0], height=size[1], **fields)
        assert (image.get_focal_point(), image.has_focal_point()) == (focal_point, bool(fields))
