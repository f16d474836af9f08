"""Who may download a file: those who may see a page that shows it, and editors. Others get a 404."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from media.models import CleanDocument, CleanImage, Rendition
from publishing import hiding, trash
from stories.models import StoryAuthor
from tests.support import admin_world, builders
from tests.support import files_of_pages as files
from tests.support.people import make_agreeing_person, rows_of, withdraw
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


# {who asks for the file: whether they get it}. Users that a row leaves out have more rights than one who gets
# it, or fewer than one who doesn't. A reader is in the group to which private_to_group() restricts a page.
ALL = {"visitor": True, "editor": True}
MEMBERS = {"visitor": False, "member": True, "editor": True}
GROUP = {"visitor": False, "member": False, "reader": True, "editor": True}
STAFF = {"visitor": False, "reader": False, "editor": True}
NOBODY = {"visitor": False, "moderator": False}


def replace(story):
    story.lead_image = builders.make_image()
    return story.save_revision()


def schedule(story):
    story.go_live_at = timezone.now() + datetime.timedelta(days=1)
    story.save_revision().publish()


def below(restrict):
    """Return a section that the function `restrict` made private."""
    return restrict(builders.make_index(builders.make_index(), "Inner section"))


def withdrawn(act=None):
    """Make a picture on a page about a person who withdraws, and call `act` with the page."""
    person, image = make_agreeing_person(), builders.make_image(shows="person")
    image.people.add(person)
    people = {"people": "listed", "story_people": rows_of(person)}
    page = builders.make_plain_page("About", body=[builders.pictures_block(image)], **people)
    withdraw(person)
    if act:
        act(Page.objects.get(pk=page.pk))
    return files.address_of(image)


def withdrawn_lead():
    person = make_agreeing_person()
    address = files.lead(builders.make_private, **{"people": "listed", "story_people": rows_of(person)})
    withdraw(person)
    return address


def in_body():
    builders.make_story(body=[builders.pictures_block(image := builders.make_image())])
    return files.address_of(image)


def private_and_public():
    files.private_to_group(files.story_with(image := builders.make_image()))
    files.story_with(image)
    return files.address_of(image)


def author_of_nothing():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    return files.address_of(image)


def document_in_text():
    document = builders.make_document()
    link = f'<p><a linktype="document" id="{document.pk}">x</a></p>'
    builders.make_story(body=[{"type": "text", "value": link}])
    return document.url


def document_file():
    files.document_of_live_story()
    return f"/media/{CleanDocument.objects.get().file.name}"


# {a file in a situation: (function that makes it and returns its address, who gets it)}.
TABLE = {
    "live story": (files.lead, ALL),
    "body of a live story": (in_body, ALL),
    "draft": (files.draft, STAFF),
    "scheduled": (lambda: files.lead(schedule, live=False), STAFF),
    "unpublished": (files.unpublished, STAFF),
    "hidden at once": (lambda: files.lead(hiding.hide), STAFF),
    "in the trash": (lambda: files.lead(trash.move_to_trash), STAFF),
    "deleted": (lambda: files.lead(lambda story: story.delete()), STAFF),
    "used by nothing": (files.used_by_nothing, STAFF),
    "new in a draft": (files.new_in_draft, STAFF),
    "replaced in a draft": (lambda: files.lead(replace), ALL),
    "replaced and published": (lambda: files.lead(lambda story: replace(story).publish()), STAFF),
    "story for members": (lambda: files.lead(builders.make_private), MEMBERS),
    "story for a group": (files.story_for_group, GROUP),
    "below a page for a group": (lambda: files.lead(parent=below(files.private_to_group)), GROUP),
    "for a group, below a page for members": (
        lambda: files.lead(files.private_to_group, parent=below(builders.make_private)),
        GROUP,
    ),
    "story for members, of a person who withdrew": (withdrawn_lead, STAFF),
    "person who withdrew": (withdrawn, STAFF),
    "person who withdrew, on a page for members": (lambda: withdrawn(builders.make_private), STAFF),
    "draft for members": (lambda: files.lead(builders.make_private, live=False), STAFF),
    "private and public": (private_and_public, ALL),
    "logo": (files.logo, ALL),
    "author of a live story": (files.author_of_live_story, ALL),
    "author of a draft": (lambda: files.author_of_live_story(live=False), STAFF),
    "author of a story for a group": (lambda: files.author_of_live_story(files.private_to_group), GROUP),
    "author of nothing": (author_of_nothing, STAFF),
    "original file": (files.original_file, NOBODY),
    "original size": (files.original_size, STAFF),
    "document of a live story": (files.document_of_live_story, ALL),
    "document in a text": (document_in_text, ALL),
    "document of a draft": (files.document_of_draft, STAFF),
    "document of an unpublished story": (
        lambda: files.document_of_live_story(lambda story: story.unpublish()),
        STAFF,
    ),
    "document of a story for a group": (lambda: files.document_of_live_story(files.private_to_group), GROUP),
    "document of nothing": (lambda: builders.make_document().url, STAFF),
    "file of a document": (document_file, NOBODY),
}
# {who: the names of the user's groups}
GROUPS = {"member": [], "reader": ["Readers"], "editor": ["Editors"], "moderator": ["Moderators"]}


def test_who_gets_the_file(subtests):
    Group.objects.create(name="Readers")
    builders.make_index()  # Each row would make it.
    clients = {who: Client() for who in ("visitor", *GROUPS)}
    for who, groups in GROUPS.items():
        clients[who].force_login(builders.make_user(*groups))
    for name, (make_file, row) in TABLE.items():
        with subtests.test(name), undone():
            address = make_file()
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
    story = files.story_with(image, authors=["Awa"], body=[builders.pictures_block(image)])
    asked = set()
    for page in (story.url, f"{story.url}?text=1", "/", "/stories/"):
        text = client.get(page).text
        assert "original_images" not in text
        found = set(re.findall(r"/media/images/[^ \"<&]+", text))
        for widths in (re.findall(r" (\d+)w", each) for each in re.findall('srcset="([^"]+)', text)):
            assert len(widths) == len(set(widths)), "HTML forbids two of one width, as of a small picture"
        shown = "<img" in text or "srcset" in text  # text-only pages have links to pictures
        assert found and shown == (not page.endswith("?text=1")), page
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
