"""Pages show neither the names of uploaded files nor, as alternative text, the titles of pictures.

Also: what pages link to, what the form of a picture asks and shows, and which rendition is used.
"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.urls import reverse

from media.cleaning import CleanFile
from media.models import CleanImage, Rendition, load_renditions
from tests.support.builders import make_document, make_image, make_user, parse, picture_bytes
from tests.support.people import make_agreeing_person, make_story_about

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

NAME = "Amina Sow Dakar"
RANDOM_NAME = r"[0-9a-f]{32}"


def story_that_shows(image, document):
    """Return a story with `image` as its lead picture and in its body, and with `document`."""
    picture = {"image": {"image": image.pk, "alt_text": "A road", "decorative": False}, "caption": ""}
    return make_story_about(
        make_agreeing_person(),
        lead_image=image,
        lead_image_alt="A road",
        body=[
            {"type": "pictures", "value": {"pictures": [picture, picture]}},  # two are a gallery
            {"type": "document", "value": {"document": document.pk, "title": "Questions"}},
        ],
    )


@pytest.mark.sqlite_only
def test_name_of_an_upload_is_neither_stored_nor_shown(client, media_root):
    image, document = make_image(title="Road", name=f"{NAME}.png"), make_document(name=f"{NAME}.txt")
    story = story_that_shows(image, document)

    page = client.get(story.url).content.decode()

    words = re.compile("amina|sow|dakar", re.IGNORECASE)
    assert re.fullmatch(rf"original_images/{RANDOM_NAME}\.\w+", image.file.name)
    assert re.fullmatch(rf"documents/{RANDOM_NAME}\.txt", document.file.name)
    assert Rendition.objects.exists()
    stored = [str(path.relative_to(media_root)) for path in media_root.rglob("*")]
    assert [path for path in stored if words.search(path)] == []
    assert words.search(page) is None
    assert words.search(document.url) is None


@pytest.mark.sqlite_only
def test_two_uploads_of_one_picture_have_different_names():
    assert make_image().file.name != make_image().file.name


@pytest.mark.sqlite_only
def test_pages_link_to_renditions_only(client):
    image = make_image()
    story = story_that_shows(image, make_document())

    page = parse(client.get(story.url))

    addresses = {img["src"] for img in page.select("img")} | {
        link["href"] for link in page.select(".gallery a")
    }
    for sources in page.select("[srcset]"):
        urls, widths = zip(*map(str.split, sources["srcset"].split(",")), strict=True)
        addresses |= set(urls)
        assert len(widths) == len(set(widths)), "HTML forbids two of one width, as a small picture would have"
    assert len(addresses) > 5  # several sizes and formats
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert len(response.getvalue()) > 0
        assert response.headers["Cache-Control"] == "public, max-age=600, s-maxage=1"
    assert "original_images" not in str(page)


@pytest.mark.sqlite_only
def test_editor_must_say_whom_a_picture_shows(client):
    client.force_login(make_user("Editors"))

    def add(**fields):
        file = SimpleUploadedFile("a.png", picture_bytes())
        return client.post(
            "/admin/images/add/", {"title": "A road", "file": file, "collection": "1", **fields}
        )

    assert list(add().context["form"].errors) == ["shows"]
    add(shows="place")
    assert CleanImage.objects.get().shows == "place"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("description", ["", "A road between fields"])
def test_alternative_text_is_never_the_title(description):
    image = make_image(title="IMG_2041 Amina", description=description)
    template = Template(
        "{% load wagtailimages_tags %}{% image image width-100 %}{% picture image width-100 %}"
    )

    html = template.render(Context({"image": image}))

    assert html.count(f'alt="{description}"') == 2
    assert "Amina" not in html


@pytest.mark.sqlite_only
def test_form_of_a_picture_shows_credit_whom_it_shows_and_usage(editor):
    image = make_image(credit="Awa Diop", shows=CleanImage.Shows.SOMEONE_ELSE)
    story_that_shows(image, make_document())
    form = parse(editor.get(reverse("wagtailimages:edit", args=[image.pk])))
    assert form.select_one("[name=credit]")["value"] == "Awa Diop"
    assert form.select_one("[name=shows] [selected]").text == "Someone else"
    usage = form.find(href=reverse("wagtailimages:image_usage", args=[image.pk]))
    assert usage.text.strip() == "Used 1 time"  # Wagtail counts the story once


def test_pictures_are_not_made_in_bulk():
    """The picture of the person in a story would be shown before somebody says who is on it."""
    with pytest.raises(TypeError):
        CleanImage.objects.bulk_create([CleanImage(title="x", file=CleanFile(picture_bytes(), ".png"))])


def test_rendition_that_another_process_made_is_used():
    """Even if the picture's renditions were loaded before. Its own file is gone, so none can be made."""
    image = make_image()
    load_renditions([image])
    other = CleanImage.objects.get(pk=image.pk)
    made = {spec: other.get_rendition(spec).file.name for spec in ("width-100", "width-200")}
    image.file.storage.delete(image.file.name)
    found = image.get_renditions(*made)
    assert {spec: rendition.file.name for spec, rendition in found.items()} == made
