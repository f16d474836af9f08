"""Old addresses redirect to the page once it is public, and are 404 until then."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from publishing import hiding, trash
from safeguarding.holds import take_down
from safeguarding.models import Contributor
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders, committed
from tests.support.old_addresses import FEED, SECTION, statuses_of
from tests.support.people import days_from_today, make_agreeing_person, rows_of, withdraw
from tests.support.undone import undone
from tests.support.wordpress import export, wp_item
from wordpress_import.addresses import digest_of
from wordpress_import.models import ImportedItem, OldAddress

pytestmark = pytest.mark.django_db

STORY = "/stories/the-kiln/"
POST = "/2021/03/the-kiln/"
# Addresses of a post on the old site, or of its file.
ADDRESSES = [POST, "/2021/03/The-Kiln/", f"{POST}feed/", f"{POST}?utm_source=mail", "/?p=7", "/?page_id=7"]
ADDRESSES += ["/?attachment_id=9"]
# {where the address of a list of posts, or of its feed, leads here: such addresses}.
LISTS = {
    SECTION: "/category/debt/ /category/debt/page/2/ /tag/d%C3%A9part/ /2021/03/ /author/ama/ "
    "/author/nobody/ /?author=3 /?cat=2 /?tag=debt /?m=202103 /page/2/",
    FEED: "/category/debt/feed/ /author/ama/feed/ /?feed=rss2 /?cat=2&feed=rss2 /feed/ /feed/atom/",
}


@pytest.fixture(scope="module")
def an_import(module_transaction, tmp_path_factory):
    """Import post 7, to which file 9 was uploaded. All tests of this module share the rows."""
    builders.make_index()
    terms = [("category", "debt", "Debt"), ("post_tag", "départ", "Départ")]
    fields = {"name": "the-kiln", "link": f"https://old.example{POST}", "creator": "ama", "terms": terms}
    item = wp_item(7, excerpt="A kiln.", **fields)
    file = wp_item(9, type="attachment", status="inherit", parent="7")
    folder = tmp_path_factory.mktemp("export")
    path = folder / "export.xml"
    path.write_text(export(item, file))
    call_command("import_wordpress", path, "--write", "--report", folder / "report", verbosity=0)


@pytest.fixture
def imported(an_import):
    """The draft of the story that was imported."""
    return StoryPage.objects.get()


DAYS = 5  # for which everybody in the story agrees

# {what happens to a public story: function that does it to the story}.
UNREADABLE = {
    "a person is held": lambda _story: take_down(Contributor.objects.get(), None),
    "a consent is withdrawn": lambda _story: withdraw(Contributor.objects.get()),
    "nobody says any more who is in it": lambda story: builders.save_with(story, check=False, people=""),
    "it is hidden now": hiding.hide,
    "it is private": builders.make_private,
    "its section is private": lambda story: builders.make_private(story.get_parent()),
    "its section is hidden now": lambda story: hiding.hide(story.get_parent()),
    "its section is unpublished": lambda story: story.get_parent().specific.unpublish(),
    "it is in the trash": trash.move_to_trash,
}


def test_old_addresses_are_404_while_nobody_may_read_the_story(imported, client, time_machine, subtests):
    imported.people = "listed"
    imported.story_people = rows_of(make_agreeing_person({"ends_on": days_from_today(DAYS)}))
    imported.save_revision().publish()

    def statuses():
        return statuses_of(ADDRESSES), client.get(STORY).status_code

    public, secret = dict.fromkeys(ADDRESSES, 301), dict.fromkeys(ADDRESSES, 404)
    assert statuses() == (public, 200)
    for name, happen in UNREADABLE.items():
        with subtests.test(name), undone():
            happen(StoryPage.objects.get())
            found, status = statuses()
            assert found == secret
            assert status != 200
    # The consent ends.
    end, zone = days_from_today(DAYS + 1), timezone.get_default_timezone()
    midnight = datetime.datetime.combine(end, datetime.time(), zone)
    time_machine.move_to(midnight - datetime.timedelta(seconds=9), tick=False)  # still the last day
    assert statuses() == (public, 200)
    time_machine.move_to(midnight, tick=False)
    found, status = statuses()
    assert found == secret
    assert status != 200


# {status in WordPress: whether visitors of the old site saw the item}.
SEEN = {"publish": True, "future": False, "private": False, "draft": False, "pending": False}


def test_addresses_of_what_was_not_public_in_wordpress_tell_nothing(tmp_path):
    builders.make_index()
    items = []
    for n, status in enumerate(SEEN, 1):
        fields = {"name": status, "status": status, "date": f"20{10 + n}-03-05 10:00:00"}
        items.append(wp_item(n, terms=[("post_tag", status, status)], **fields))
    path = tmp_path / "export.xml"
    path.write_text(export(*items))
    call_command("import_wordpress", path, "--write", "--report", tmp_path / "report", verbosity=0)
    for story in StoryPage.objects.all():
        story.delete()
    for n, (status, is_seen) in enumerate(SEEN.items(), 1):
        # The addresses of the deleted page, then those of lists, which lead to the section.
        urls = [f"/?p={n}", f"/{status}/", f"/tag/{status}/", f"/20{10 + n}/03/"]
        expected = [404, 404, 301, 301] if is_seen else [404] * 4
        assert list(statuses_of(urls).values()) == expected, status


def test_old_lists_lead_to_the_section(imported, client):
    with committed.caches_in_use():
        for target, urls in LISTS.items():
            assert [url for url in urls.split() if client.get(url).headers.get("Location") != target] == []
    StoryIndexPage.objects.get().unpublish()
    assert set(statuses_of([url for urls in LISTS.values() for url in urls.split()]).values()) == {404}
    OldAddress.objects.all().delete()  # as on a site without an import, where "cat" means nothing
    assert client.get("/?cat=2").status_code == 200


def test_the_addresses_of_a_deleted_page_are_404_and_nothing_stays_of_its_words(imported, client):
    ImportedItem.objects.update(needs_eyes=["1 words are lost: Zuleika"], missing_pictures=1)
    imported.delete()
    assert statuses_of(ADDRESSES) == dict.fromkeys(ADDRESSES, 404)
    page = client.get("/?p=7")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    record = ImportedItem.objects.get()
    assert (record.page, record.needs_eyes, record.missing_pictures, record.digest) == (None, [], 0, "")


def test_an_unknown_number_gets_the_answer_of_a_draft(imported, client):
    """So nobody learns which drafts there are. Item 7 is a draft, and there is no item 8."""
    assert [client.get(f"/?p={number}").status_code for number in (7, 8)] == [404, 404]
    OldAddress.objects.all().delete()  # as on a site without an import
    assert client.get("/?p=8").status_code == 200


@pytest.mark.sqlite_only
def test_the_pages_of_lists_in_the_admin_are_left_alone(imported, admin_client):
    """Wagtail uses the parameter "p" for the number of a page of a list."""
    OldAddress.objects.create(digest=digest_of("?p=1"), page_id=imported.pk)
    assert imported.title in admin_client.get(f"/admin/pages/{imported.get_parent().pk}/?p=1").text


def test_other_addresses_are_left_alone_and_no_address_is_stored_in_words(imported, client):
    assert client.get("/?p=x%00").status_code == 200
    assert client.get("/2021/03/other/").status_code == 404
    assert client.get("/comments/feed/").status_code == 404
    assert not [each for each in OldAddress.objects.all() if "kiln" in each.digest or "ama" in each.digest]
