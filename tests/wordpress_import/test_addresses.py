"""Old addresses redirect to the page once it is public, and are 404 until then."""

import pytest
from django.core.management import call_command

from safeguarding.withdrawal.signals import addresses_erased
from stories.models import StoryPage
from tests.support.builders import make_index
from tests.support.wordpress import export, wp_item
from wordpress_import.addresses import digest_of
from wordpress_import.models import ImportedItem, OldAddress

pytestmark = pytest.mark.django_db

STORY, SECTION = "/stories/the-kiln/", "/stories/"
ADDRESSES = {
    "/2021/03/the-kiln/": STORY,
    "/2021/03/The-Kiln/": STORY,
    "/2021/03/the-kiln/feed/": STORY,
    "/2021/03/the-kiln/?utm_source=mail": STORY,
    "/?p=7": STORY,
    "/?page_id=7": STORY,
    "/?attachment_id=9": STORY,
}
LISTS = [
    "/category/debt/",
    "/category/debt/feed/",
    "/category/debt/page/2/",
    "/tag/d%C3%A9part/",
    "/2021/03/",
]


@pytest.fixture
def imported(tmp_path):
    make_index()
    item = wp_item(
        7,
        name="the-kiln",
        link="https://old.example/2021/03/the-kiln/",
        creator="ama",
        excerpt="A kiln.",
        terms=[("category", "debt", "Debt"), ("post_tag", "départ", "Départ")],
    )
    file = wp_item(9, type="attachment", status="inherit", parent="7")
    path = tmp_path / "export.xml"
    path.write_text(export(item, file))
    call_command("import_wordpress", path, "--write", "--report", tmp_path / "report", verbosity=0)
    return StoryPage.objects.get()


def test_old_addresses_work_while_the_page_is_public(imported, client):
    assert {url: client.get(url).status_code for url in ADDRESSES} == dict.fromkeys(ADDRESSES, 404)
    imported.people = "none"
    imported.save_revision().publish()
    found = {url: client.get(url) for url in ADDRESSES}
    assert {url: (each.status_code, each.headers.get("Location")) for url, each in found.items()} == {
        url: (301, target) for url, target in ADDRESSES.items()
    }
    assert {each.headers["Cache-Control"] for each in found.values()} == {"no-store"}
    StoryPage.objects.get().unpublish()
    assert {url: client.get(url).status_code for url in ADDRESSES} == dict.fromkeys(ADDRESSES, 404)


def test_old_lists_lead_to_the_section(imported, client):
    assert {url: client.get(url).headers.get("Location") for url in LISTS} == dict.fromkeys(LISTS, SECTION)


def test_the_addresses_of_a_deleted_page_are_gone_with_its_words(imported, client):
    ImportedItem.objects.update(needs_eyes=["1 words are lost: Zuleika"], missing_pictures=1)
    imported.delete()
    found = {url: client.get(url) for url in ADDRESSES}
    assert {each.status_code for each in found.values()} == {410}
    assert "text/html" in found["/?p=7"].headers["Content-Type"]
    record = ImportedItem.objects.get()
    assert (record.page, record.needs_eyes, record.missing_pictures, record.digest) == (None, [], 0, "")


def test_erased_addresses_of_a_page_lead_nowhere(imported, client):
    imported.people = "none"
    imported.save_revision().publish()
    addresses_erased.send(sender=StoryPage, page=imported)
    assert {url for url in ADDRESSES if client.get(url).status_code != 404} == {"/?p=7", "/?page_id=7"}
    assert client.get("/?p=7").headers["Location"] == STORY


def test_an_unknown_number_gets_the_answer_of_a_draft(imported, client):
    """So nobody learns which drafts there are."""
    assert [client.get(f"/?p={number}").status_code for number in (7, 8)] == [404, 404]
    OldAddress.objects.all().delete()
    assert client.get("/?p=8").status_code == 200


def test_the_pages_of_lists_in_the_admin_are_left_alone(imported, admin_client):
    """Wagtail has its number in the same parameter."""
    OldAddress.objects.create(digest=digest_of("?p=1"), page_id=imported.pk)
    assert imported.title in admin_client.get(f"/admin/pages/{imported.get_parent().pk}/?p=1").text


def test_other_addresses_are_left_alone_and_no_address_is_stored_in_words(imported, client):
    assert client.get("/?p=x%00").status_code == 200
    assert client.get("/2021/03/other/").status_code == 404
    assert client.get("/author/ama/").status_code == 404
    assert not [each for each in OldAddress.objects.all() if "kiln" in each.digest or "ama" in each.digest]
