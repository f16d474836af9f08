"""How files are sent: with few queries, only while a page shows them, and through a front server.

Parameters such as `live_story` are functions that make a file in a situation and return its address.
"""

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.test import Client
from wagtail import models

from media.models import Rendition
from stories.terms import Country
from tests.support import builders
from tests.support import files_of_pages as files
from tests.support.files_of_pages import address_of, document_block, get, story_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]
# The most queries that it takes to find out whether a visitor gets a file.
MAX_QUERIES = 5

# --- Visitors ------------------------------------------------------------------------------------


PUBLIC = ["live_story", "author_of_live_story", "logo", "document_of_live_story"]


@pytest.mark.parametrize("situation", [*PUBLIC, "draft"])
def test_visitors_file_takes_few_queries_and_sets_no_cookie(situation, client, django_assert_max_num_queries):
    address = getattr(files, situation)()
    get(client, address)  # Content types are read once by each process.
    for_redirects = 2 * (situation == "draft")  # after a 404, the middleware for redirects takes two queries
    with django_assert_max_num_queries(MAX_QUERIES + for_redirects):
        response = get(client, address)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert not response.wsgi_request.session.accessed


def test_cost_does_not_grow_with_the_pages_that_use_a_picture(client, django_assert_num_queries):
    story_with(image := builders.make_image())
    address = address_of(image)
    for _number in range(10):
        story_with(image, live=False)
    with django_assert_num_queries(3):  # one reads the content version
        assert get(client, address).status_code == 200


def test_reference_from_an_object_with_a_text_key_is_ignored(client):
    """Keys of countries are letters. PostgreSQL would fail to convert them to the key of a page."""
    address = files.live_story()
    (reference,) = models.ReferenceIndex.get_references_to(Rendition.objects.get().image)
    reference.pk, reference.object_id = None, "SN"
    reference.base_content_type = ContentType.objects.get_for_model(Country)
    reference.save()
    assert get(client, address).status_code == 200


@pytest.mark.sqlite_only
def test_invalid_session_cookie_opens_nothing(client):
    address = files.draft()
    for cookie in ("", "nonsense", "0" * 32):
        client.cookies[site_settings.SESSION_COOKIE_NAME] = cookie
        response = get(client, address)
        assert response.status_code == 404, cookie
        assert response["Cache-Control"] == "private, no-store", cookie


@pytest.mark.sqlite_only
def test_file_has_its_type_and_is_only_read_and_no_cache_keeps_that_it_is_missing(client):
    response = get(client, address := files.live_story())
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert response["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'")
    assert response.content_read.startswith(b"\xff\xd8")
    assert int(response["Content-Length"]) == len(response.content_read)
    assert client.post(address).status_code == 405
    assert ((head := client.head(address)).status_code, head.getvalue()) == (200, b"")
    default_storage.delete(Rendition.objects.get().file.name)
    response = get(client, address)
    assert (response.status_code, response["Cache-Control"]) == (404, "private, no-store")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("situation", ["live_story", "document_of_live_story", "draft", "document_of_draft"])
def test_no_header_says_when_a_file_was_stored(situation, client):
    address = getattr(files, situation)()
    client.force_login(builders.make_user("Editors"))
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    for response in (get(client, address), get(client, address, **{"If-Modified-Since": later})):
        assert response.status_code == 200
        assert "Last-Modified" not in response


def test_unpublished_page_hides_files_that_a_browser_has_at_once(client):
    image, document = builders.make_image(), builders.make_document()
    story = builders.make_story(lead_image=image, lead_image_decorative=True, body=document_block(document))
    tags = {address: get(client, address)["ETag"] for address in (address_of(image), document.url)}
    story.unpublish()
    for address, tag in tags.items():
        assert get(client, address, **{"If-None-Match": tag}).status_code == 404, address


def test_other_addresses_and_roundabout_ones_of_an_original_are_not_found(client):
    name = files.original_file().removeprefix("/media/")
    assert default_storage.exists(name)
    names = ("images/nothing.jpg", "images/%00.jpg", "%2e%2e/db.sqlite3", "/etc/passwd", "images/%ff%fe.jpg")
    roundabout = (f"images/../{name}", f"images/%2e%2e/{name}", f"{name}%00")
    for path in ("", *names, "images/" + "a" * 3000, *roundabout):
        assert get(client, f"/media/{path}").status_code == 404, path


# --- People with an account ----------------------------------------------------------------------


def test_user_who_may_edit_a_page_gets_the_pictures_of_its_draft(client):
    """No permission for pictures is needed."""
    address = files.draft()
    group = Group.objects.create(name="Reviewers")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(builders.make_user("Reviewers"))
    assert get(client, address).status_code == 404
    change = Permission.objects.get(content_type__model="page", codename="change_page")
    models.GroupPagePermission.objects.create(group=group, page=builders.home_page(), permission=change)
    assert get(client, address).status_code == 200


def test_shared_password_opens_nothing(client):
    """No form of the admin offers one, but the database of another site can have it."""
    story = story_with(image := builders.make_image())
    fields = {"restriction_type": "password", "password": "x"}
    restriction = models.PageViewRestriction.objects.create(page=story, **fields)
    form = f"/_util/authenticate_with_password/{restriction.pk}/{story.pk}/"
    for address in (story.url, address_of(image), form, "/documents/authenticate_with_password/1/"):
        assert get(client, address).status_code == 404, address


def test_private_collection_guards_its_documents_too(client):
    collection = models.Collection.get_first_root_node().add_child(name="Inner")
    document = builders.save_with(builders.make_document(), collection=collection)
    builders.make_story(body=document_block(document))
    assert get(client, document.url).status_code == 200
    models.CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
    assert get(client, document.url).status_code == 302  # to the form to log in


# --- Front servers -------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_front_server_sends_the_bytes_after_the_check_except_of_a_public_picture(settings, editor):
    """nginx caches no response that makes it send a file."""
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    for make_file, disposition in ((files.draft, "inline"), (files.document_of_draft, "attachment")):
        refused = get(Client(), address := make_file())
        assert (refused.status_code, "X-Accel-Redirect" in refused) == (404, False)
        response = get(editor, address)
        assert response["X-Accel-Redirect"].startswith("/protected/")
        assert (response.content, response["Cache-Control"]) == (b"", "private, no-store")
        assert response["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'")
        assert response.get("Content-Disposition", "inline").startswith(disposition)
    response = get(Client(), files.live_story())
    assert ("X-Accel-Redirect" in response, response.content_read[:2]) == (False, b"\xff\xd8")
    assert response["Cache-Control"] == "public, max-age=600, s-maxage=1"
