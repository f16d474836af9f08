"""Those who may see a page that shows a file may download the file. Everybody else gets a 404."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from media.models import CleanImage, Rendition
from stories.models import StoryAuthor
from tests.support import admin_world, builders
from tests.support.files_of_pages import (
    address_of,
    author_of_draft,
    author_of_live_story,
    document_block,
    document_of_draft,
    document_of_live_story,
    draft,
    get,
    live_story,
    logo,
    original_file,
    picture_block,
    private_to_group,
    story_with,
    used_by_nothing,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


# --- Each function makes a file in a situation, and returns its address --------------------------


def body_of_live_story():
    builders.make_story(body=picture_block(image := builders.make_image()))
    return address_of(image)


def scheduled():
    story = story_with(image := builders.make_image(), live=False)
    story.go_live_at = timezone.now() + datetime.timedelta(days=1)
    story.save_revision().publish()
    return address_of(image)


def unpublished():
    story_with(image := builders.make_image()).unpublish()
    return address_of(image)


def deleted():
    story_with(image := builders.make_image()).delete()
    return address_of(image)


def new_in_draft():
    story = story_with(builders.make_image())
    story.lead_image = image = builders.make_image()
    story.save_revision()
    return address_of(image)


def replaced_in_draft():
    story = story_with(image := builders.make_image())
    story.lead_image = builders.make_image()
    story.save_revision()
    return address_of(image)


def replaced_and_published():
    story = story_with(image := builders.make_image())
    story.lead_image = builders.make_image()
    story.save_revision().publish()
    return address_of(image)


def story_for_members():
    builders.make_private(story_with(image := builders.make_image()))
    return address_of(image)


def story_for_group():
    private_to_group(story_with(image := builders.make_image()))
    return address_of(image)


def story_below_page_for_group():
    section = private_to_group(builders.make_index(builders.make_index(), "Inner section"))
    story_with(image := builders.make_image(), parent=section)
    return address_of(image)


def alias_of_story_for_group():
    story = story_with(image := builders.make_image())
    # The alias comes first: if the page were private already, Wagtail would give the alias a restriction.
    story.create_alias(parent=builders.make_index(builders.make_index(), "Open section"))
    private_to_group(story)
    return address_of(image)


def draft_for_members():
    builders.make_private(story_with(image := builders.make_image(), live=False))
    return address_of(image)


def private_and_public():
    image = builders.make_image()
    private_to_group(story_with(image))
    story_with(image)
    return address_of(image)


def author_of_story_for_group():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    private_to_group(builders.make_story(authors=["Awa"]))
    return address_of(image)


def author_of_nothing():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    return address_of(image)


def original_size():
    story_with(image := builders.make_image())
    return address_of(image, "original")


def document_in_text():
    document = builders.make_document()
    link = f'<p><a linktype="document" id="{document.pk}">x</a></p>'
    builders.make_story(body=[{"type": "text", "value": link}])
    return document.url


def document_of_unpublished():
    builders.make_story(body=document_block(document := builders.make_document())).unpublish()
    return document.url


def document_of_story_for_group():
    private_to_group(builders.make_story(body=document_block(document := builders.make_document())))
    return document.url


def document_of_nothing():
    return builders.make_document().url


def document_file():
    builders.make_story(body=document_block(document := builders.make_document()))
    return f"/media/{document.file.name}"


# A member has an account without permissions. A reader is in the group that private_to_group lets in.
WHO = ["visitor", "member", "reader", "editor", "moderator"]
ALL, STAFF, NOBODY = "yes yes yes yes yes", "no no no yes yes", "no no no no no"
MEMBERS, GROUP = "no yes yes yes yes", "no no yes yes yes"
# {situation: who gets the file, in the order of WHO}.
TABLE = {
    live_story: ALL,
    body_of_live_story: ALL,
    draft: STAFF,
    scheduled: STAFF,
    unpublished: STAFF,
    deleted: STAFF,
    used_by_nothing: STAFF,
    new_in_draft: STAFF,
    replaced_in_draft: ALL,
    replaced_and_published: STAFF,
    story_for_members: MEMBERS,
    story_for_group: GROUP,
    story_below_page_for_group: GROUP,
    alias_of_story_for_group: GROUP,
    draft_for_members: STAFF,
    private_and_public: ALL,
    logo: ALL,
    author_of_live_story: ALL,
    author_of_draft: STAFF,
    author_of_story_for_group: GROUP,
    author_of_nothing: STAFF,
    original_file: NOBODY,
    original_size: STAFF,
    document_of_live_story: ALL,
    document_in_text: ALL,
    document_of_draft: STAFF,
    document_of_unpublished: STAFF,
    document_of_story_for_group: GROUP,
    document_of_nothing: STAFF,
    document_file: NOBODY,
}


def log_in(client, who):
    if who != "visitor":
        groups = {"reader": "Readers", "editor": "Editors", "moderator": "Moderators"}
        if who == "reader":
            Group.objects.get_or_create(name="Readers")
        client.force_login(builders.make_user(*[groups[who]] if who in groups else []))


@pytest.mark.parametrize("make_file", TABLE)
def test_who_gets_the_file(make_file):
    address = make_file()
    public = TABLE[make_file] == ALL and address.startswith("/media/")
    cache = "public, max-age=600" if public else "private, no-store"
    for who, allowed in zip(WHO, TABLE[make_file].split(), strict=True):
        client = Client()
        log_in(client, who)
        response = get(client, address)
        assert response.status_code == (200 if allowed == "yes" else 404), who
        assert set(response["Cache-Control"].split(", ")) == set(cache.split(", ")), who


@pytest.mark.parametrize("spec", ["original", "max-165x165", "max-800x600", "max-150x150", "fill-600x338"])
def test_visitor_gets_no_picture_that_is_made_for_the_admin(client, spec):
    """It shows the whole picture. Pages may show a part, as they do of an author."""
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"])
    address = address_of(image, spec)
    assert get(client, address).status_code == 404
    for groups, status in (((), 404), (("Moderators",), 200)):
        client.force_login(builders.make_user(*groups))
        response = get(client, address)
        assert (response.status_code, response["Cache-Control"]) == (status, "private, no-store")


def test_the_admin_makes_no_picture_that_is_public(client):
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"])
    client.force_login(builders.make_user("Moderators"))
    folder = "/admin/images/"
    for address in (
        folder,
        f"{folder}{image.pk}/",
        f"{folder}{image.pk}/delete/",
        f"{folder}chooser/",
        f"{folder}chooser/chosen/{image.pk}/",
        f"/admin/api/main/images/{image.pk}/",
        f"/admin/snippets/stories/author/edit/{StoryAuthor.objects.get().author_id}/",
    ):
        assert client.get(address).status_code == 200, address
    made = Rendition.objects.all()
    assert len(made) >= 3
    assert [get(Client(), rendition.url).status_code for rendition in made] == [404] * len(made)


def test_crop_around_an_earlier_focal_point_is_not_public(client):
    spec = "fill-96x96|format-webp"
    story_with(image := builders.make_image())

    def move_focal_point(x):
        image.focal_point_x, image.focal_point_y = x, 9
        image.focal_point_width = image.focal_point_height = 9
        image.save()
        return address_of(CleanImage.objects.get(pk=image.pk), spec)

    old, new = move_focal_point(10), move_focal_point(300)
    assert old != new
    assert [get(client, address).status_code for address in (old, new)] == [404, 200]


def test_visitor_gets_every_picture_of_a_page(client):
    image = builders.make_image(size=(1400, 900))
    logo()
    builders.make_author("Awa", picture=image)
    story = story_with(image, authors=["Awa"], body=picture_block(image))
    for page in (story.url, f"{story.url}?text=1", "/", "/stories/", "/feed.atom", "/sitemap.xml"):
        found = set(re.findall(r"/media/(?:images/)[^ \"<&]+", client.get(page).text))
        assert len(found) or "text" in page, page
        for address in found:
            assert get(client, address).status_code == 200, (page, address)


def test_an_author_in_an_own_draft_gives_no_picture_of_another_section(client):
    own, other = admin_world.make_section("Own", "Plain"), admin_world.make_section("Other", "Quixotic")
    builders.make_author("Awa", picture=other.image)
    address = address_of(other.image)
    client.force_login(admin_world.make_role("editor", own))
    builders.make_story(parent=own.index, authors=["Awa"], live=False)
    assert get(client, address).status_code == 404
    published = builders.make_story(parent=own.index, authors=["Awa"])
    assert get(client, address).status_code == 200
    private_to_group(published)
    assert get(client, address).status_code == 404
    builders.make_story(parent=own.index, live=False, lead_image=other.image)
    assert get(client, address).status_code == 200
