"""Who may download a file: those who may see a page that shows it, and editors. Others get a 404."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from media.models import CleanImage, Rendition
from stories.models import StoryAuthor
from tests.support import admin_world, builders
from tests.support import files_of_pages as files
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


# {who asks for the file: whether they get it}. Users that a row leaves out have more rights than one who gets
# it, or fewer than one who doesn't. A reader is in the group to which private_to_group() restricts a page.
ALL = {"visitor": True, "editor": True}
MEMBERS = {"visitor": False, "member": True, "editor": True}
GROUP = {"visitor": False, "member": False, "reader": True, "editor": True}
STAFF = {"visitor": False, "reader": False, "editor": True}
NOBODY = {"visitor": False, "moderator": False}
# (who gets the file, names of functions of files_of_pages: each makes a file in a situation).
SITUATIONS = [
    (ALL, "live_story body_of_live_story replaced_in_draft private_and_public logo author_of_live_story"),
    (ALL, "document_of_live_story document_in_text"),
    (MEMBERS, "story_for_members"),
    (GROUP, "story_for_group story_below_page_for_group story_for_group_below_page_for_members"),
    (GROUP, "author_of_story_for_group document_of_story_for_group"),
    (STAFF, "draft scheduled unpublished hidden_at_once in_the_trash deleted used_by_nothing new_in_draft"),
    (STAFF, "replaced_and_published story_for_members_of_a_person_who_withdrew person_who_withdrew"),
    (STAFF, "person_who_withdrew_on_a_page_for_members draft_for_members author_of_draft author_of_nothing"),
    (STAFF, "original_size document_of_draft document_of_unpublished document_of_nothing"),
    (NOBODY, "original_file document_file"),
]
TABLE = {name: row for row, names in SITUATIONS for name in names.split()}
# {who: the names of the user's groups}
GROUPS = {"member": [], "reader": ["Readers"], "editor": ["Editors"], "moderator": ["Moderators"]}


def test_who_gets_the_file(subtests):
    Group.objects.create(name="Readers")
    builders.make_index()  # Each row would make it.
    clients = {who: Client() for who in ("visitor", *GROUPS)}
    for who, groups in GROUPS.items():
        clients[who].force_login(builders.make_user(*groups))
    for name, row in TABLE.items():
        with subtests.test(name), undone():
            address = getattr(files, name)()
            # Addresses of pictures begin with "/media/". No cache may keep a document, not even a public one.
            public = row == ALL and address.startswith("/media/")
            cache = "public, max-age=600, s-maxage=1" if public else "private, no-store"
            for who, allowed in row.items():
                response = files.get(clients[who], address)
                assert response.status_code == (200 if allowed else 404), who
                assert set(response["Cache-Control"].split(", ")) == set(cache.split(", ")), who


@pytest.mark.sqlite_only
def test_visitor_gets_no_picture_that_is_made_for_the_admin():
    """A picture of the admin may be whole, while pages show only a part, as of an author's picture.

    Specs of the admin have no format in them, and those of pages have one.
    """
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"])
    visitor, member, moderator = Client(), Client(), Client()
    member.force_login(builders.make_user())
    moderator.force_login(builders.make_user("Moderators"))
    for spec in ("original", "max-165x165", "max-800x600", "max-150x150", "fill-600x338"):
        address = files.address_of(image, spec)
        responses = [files.get(client, address) for client in (visitor, member, moderator)]
        assert [response.status_code for response in responses] == [404, 404, 200], spec
        assert {response["Cache-Control"] for response in responses} == {"private, no-store"}


@pytest.mark.sqlite_only
def test_the_admin_makes_no_picture_that_is_public(moderator):
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"])
    key, author = image.pk, StoryAuthor.objects.get().author_id
    views = ("", f"{key}/", f"{key}/delete/", "chooser/", f"chooser/chosen/{key}/")
    others = (f"api/main/images/{key}/", f"snippets/stories/author/edit/{author}/")
    for address in (*(f"images/{view}" for view in views), *others):
        assert moderator.get(f"/admin/{address}").status_code == 200, address
    made = Rendition.objects.all()
    assert len(made) >= 3, "the views of the admin show several sizes"
    assert [files.get(Client(), rendition.url).status_code for rendition in made] == [404] * len(made)


def test_object_of_another_model_with_the_same_key_gives_no_access(client):
    """The reference index has the keys of all models in one column."""
    story = files.story_with(shown := builders.make_image())
    assert files.get(client, files.address_of(shown)).status_code == 200
    # The keys of the picture that the page uses, and of the page: one number, if they are the same by chance.
    for key in {shown.pk, story.pk}:
        builders.make_author(f"Author {key}", pk=key, picture=(picture := builders.make_image()))
        assert files.get(client, files.address_of(picture)).status_code == 404
        builders.make_story(authors=[f"Author {key}"])
        assert files.get(client, files.address_of(picture)).status_code == 200
    hidden = files.story_with(picture := builders.make_image(), live=False)
    builders.make_author("Awa", pk=hidden.pk)
    builders.make_story(authors=["Awa"])
    assert files.get(client, files.address_of(picture)).status_code == 404


@pytest.mark.sqlite_only
def test_crop_around_an_earlier_focal_point_is_not_public(client):
    spec = "fill-96x96|format-webp"
    files.story_with(image := builders.make_image())

    def move_focal_point(x):
        builders.save_with(image, focal_point_x=x, focal_point_y=9, focal_point_width=9, focal_point_height=9)
        return files.address_of(CleanImage.objects.get(pk=image.pk), spec)

    old, new = move_focal_point(10), move_focal_point(300)
    assert old != new
    assert [files.get(client, address).status_code for address in (old, new)] == [404, 200]


@pytest.mark.sqlite_only
def test_visitor_gets_every_picture_of_a_page(client):
    image = builders.make_image(size=(700, 450))
    files.logo()
    builders.make_author("Awa", picture=image)
    story = files.story_with(image, authors=["Awa"], body=files.picture_block(image))
    asked = set()
    for page in (story.url, f"{story.url}?text=1", "/", "/stories/"):
        text = client.get(page).text
        assert "original_images" not in text
        found = set(re.findall(r"/media/images/[^ \"<&]+", text))
        for widths in (re.findall(r" (\d+)w", each) for each in re.findall('srcset="([^"]+)', text)):
            assert len(widths) == len(set(widths)), "HTML forbids two of one width, as of a small picture"
        assert bool(found) == (not page.endswith("?text=1")), page  # text-only pages have no pictures
        for address in found - asked:
            response = files.get(client, address)
            assert (response.status_code, len(response.content_read) > 0) == (200, True), (page, address)
        asked |= found


def test_an_author_in_an_own_draft_gives_no_picture_of_another_section(client):
    """Everybody may choose every author for a draft. A draft with the picture itself gives access to it."""
    own, other = admin_world.Section("Own", "Plain"), admin_world.Section("Other", "Hidden")
    builders.make_author("Awa", picture=other.image)
    address = files.address_of(other.image)
    client.force_login(admin_world.make_role("editor", own))
    builders.make_story(parent=own.index, authors=["Awa"], live=False)
    assert files.get(client, address).status_code == 404
    published = builders.make_story(parent=own.index, authors=["Awa"])
    assert files.get(client, address).status_code == 200
    files.private_to_group(published)
    assert files.get(client, address).status_code == 404
    builders.make_story(parent=own.index, live=False, lead_image=other.image)
    assert files.get(client, address).status_code == 200
