"""Old addresses redirect to the page once it is public, and are 404 until then."""

import datetime
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from django.utils.encoding import iri_to_uri

from home.models import StandardPage
from media.models import CleanDocument, CleanImage
from publishing.hiding import hide
from publishing.trash import move_to_trash
from safeguarding.holds import take_down
from safeguarding.models import Contributor
from safeguarding.withdrawal.signals import addresses_erased
from stories.models import StoryIndexPage, StoryPage
from tests.support.builders import make_index, make_private, picture_bytes
from tests.support.committed import caches_in_use
from tests.support.people import days_from_today, make_agreeing_person, rows_of, withdraw
from tests.support.undone import undone
from tests.support.wordpress import export, wp_item
from wordpress_import.addresses import OldAddressMiddleware, digest_of
from wordpress_import.models import ImportedItem, OldAddress
from wordpress_import.reading import Item, read
from wordpress_import.sources import find_sources

pytestmark = pytest.mark.django_db

STORY, SECTION = "/stories/the-kiln/", "/stories/"
# {address of a post on the old site, or of its file: where it leads here}.
ADDRESSES = {
    "/2021/03/the-kiln/": STORY,
    "/2021/03/The-Kiln/": STORY,
    "/2021/03/the-kiln/feed/": STORY,
    "/2021/03/the-kiln/?utm_source=mail": STORY,
    "/?p=7": STORY,
    "/?page_id=7": STORY,
    "/?attachment_id=9": STORY,
}
FEED = f"{SECTION}feed.rss"
# {address of a list of posts, or of its feed: where it leads here}.
LISTS = {
    "/category/debt/": SECTION,
    "/category/debt/feed/": FEED,
    "/category/debt/page/2/": SECTION,
    "/tag/d%C3%A9part/": SECTION,
    "/2021/03/": SECTION,
    "/author/ama/": SECTION,
    "/author/ama/feed/": FEED,
    "/author/nobody/": SECTION,
    "/?author=3": SECTION,
    "/?cat=2": SECTION,
    "/?tag=debt": SECTION,
    "/?m=202103": SECTION,
    "/?feed=rss2": FEED,
    "/?cat=2&feed=rss2": FEED,
    "/feed/": FEED,
    "/feed/atom/": FEED,
    "/page/2/": SECTION,
}


@pytest.fixture
def imported(tmp_path):
    """The draft of the story that was imported from post 7, to which file 9 was uploaded."""
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


def answer(url):
    """Return the response to `url`, of which no other part of the site knows anything.

    Only OldAddressMiddleware is asked. To make the page of a 404 would take most of the time of these tests.
    """

    def nothing_here(_request):
        return HttpResponse(status=404)

    try:
        return OldAddressMiddleware(nothing_here)(RequestFactory().get(url))
    except Http404:
        return nothing_here(None)


def statuses_of(urls):
    return {url: answer(url).status_code for url in urls}


def test_old_addresses_redirect_only_while_the_page_is_public(imported, client):
    assert {url: client.get(url).status_code for url in ADDRESSES} == dict.fromkeys(ADDRESSES, 404)
    imported.people = "none"
    imported.save_revision().publish()
    found = {url: client.get(url) for url in ADDRESSES}
    assert {url: (each.status_code, each.headers.get("Location")) for url, each in found.items()} == {
        url: (301, target) for url, target in ADDRESSES.items()
    }
    assert {each.headers["Cache-Control"] for each in found.values()} == {"no-store"}
    StoryPage.objects.get().unpublish()
    assert statuses_of(ADDRESSES) == dict.fromkeys(ADDRESSES, 404)


DAYS = 5  # for which everybody in the story agrees

# {what happens to a public story: function that does it to the story}.
UNREADABLE = {
    "a person is held": lambda _story: take_down(Contributor.objects.get(), None),
    "a consent is withdrawn": lambda _story: withdraw(Contributor.objects.get()),
    "nobody says any more who is in it": lambda story: save_with(story, people=""),
    "it is hidden now": hide,
    "it is private": make_private,
    "its section is private": lambda story: make_private(story.get_parent()),
    "its section is hidden now": lambda story: hide(story.get_parent()),
    "its section is unpublished": lambda story: story.get_parent().specific.unpublish(),
    "it is in the trash": move_to_trash,
}


def save_with(page, **fields):
    for name, value in fields.items():
        setattr(page, name, value)
    page.save(clean=False)


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
    midnight = datetime.datetime.combine(
        days_from_today(DAYS + 1), datetime.time(), timezone.get_default_timezone()
    )
    time_machine.move_to(midnight - datetime.timedelta(seconds=9), tick=False)  # still the last day
    assert statuses() == (public, 200)
    time_machine.move_to(midnight, tick=False)
    assert statuses()[0] == secret


# {status in WordPress: whether visitors of the old site saw the item}.
SEEN = {"publish": True, "future": False, "private": False, "draft": False, "pending": False}


def test_addresses_of_what_was_not_public_in_wordpress_tell_nothing(tmp_path):
    make_index()
    names = [f"{status}-{n}" for n, status in enumerate(SEEN)]
    items = [
        wp_item(
            n, name=name, status=status, date=f"20{10 + n}-03-05 10:00:00", terms=[("post_tag", name, name)]
        )
        for n, (name, status) in enumerate(zip(names, SEEN, strict=True), 1)
    ]
    path = tmp_path / "export.xml"
    path.write_text(export(*items))
    call_command("import_wordpress", path, "--write", "--report", tmp_path / "report", verbosity=0)
    for story in StoryPage.objects.all():
        story.delete()
    for n, (name, is_seen) in enumerate(zip(names, SEEN.values(), strict=True), 1):
        # The addresses of the deleted page, then those of lists, which lead to the section.
        urls = [f"/?p={n}", f"/{name}/", f"/tag/{name}/", f"/20{10 + n}/03/"]
        expected = [410, 410, 301, 301] if is_seen else [404] * 4
        assert list(statuses_of(urls).values()) == expected, name


def test_old_lists_lead_to_the_section(imported, client):
    with caches_in_use():
        assert {url: client.get(url).headers.get("Location") for url in LISTS} == LISTS
    StoryIndexPage.objects.get().unpublish()
    assert statuses_of(LISTS) == dict.fromkeys(LISTS, 404)
    OldAddress.objects.all().delete()  # as on a site without an import, where "cat" means nothing
    assert client.get("/?cat=2").status_code == 200


def test_the_addresses_of_a_deleted_page_are_410_and_nothing_stays_of_its_words(imported, client):
    ImportedItem.objects.update(needs_eyes=["1 words are lost: Zuleika"], missing_pictures=1)
    imported.delete()
    found = {url: client.get(url) for url in ADDRESSES}
    assert {each.status_code for each in found.values()} == {410}
    assert "text/html" in found["/?p=7"].headers["Content-Type"]
    record = ImportedItem.objects.get()
    assert (record.page, record.needs_eyes, record.missing_pictures, record.digest) == (None, [], 0, "")


def test_of_erased_addresses_only_those_with_the_number_of_the_post_lead_to_the_page(imported):
    imported.people = "none"
    imported.save_revision().publish()
    addresses_erased.send(sender=StoryPage, page=imported)
    assert {url for url in ADDRESSES if answer(url).status_code != 404} == {"/?p=7", "/?page_id=7"}
    assert answer("/?p=7").headers["Location"] == STORY


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


OLD, SECOND = "https://old.example", "https://second.example"
UPLOADS = "/wp-content/uploads/2019/03"


def wp_file(number, name, base=OLD, link="", **fields):
    """Return the XML of the <item> of the file `name`."""
    url = f"{base}{UPLOADS}/{name}"
    link = f"{base}{link or f'/?attachment_id={number}'}"
    return wp_item(number, type="attachment", status="inherit", attachment_url=url, link=link, **fields)


# {address of an old site: its items}. One site has blocks and the classic editor, the other has Divi.
EXPORTS = {
    OLD: [
        wp_item(
            7,
            '<!-- wp:image {"id":9} --><figure class="wp-block-image"><img alt="Oven" '
            f'src="{UPLOADS}/oven-300x200.jpg" class="wp-image-9"></figure><!-- /wp:image -->'
            f'<!-- wp:file --><div class="wp-block-file"><a href="{OLD}{UPLOADS}/facts.txt">Facts</a></div>'
            "<!-- /wp:file -->",
            name="the-kiln",
            link=f"{OLD}/2021/03/the-kiln/",
            meta={"_thumbnail_id": "10"},
            terms=[("category", "debt", "Debt"), ("post_tag", "départ", "Départ")],
        ),
        wp_item(
            8,
            f'<p>Who we are.</p><p><img alt="House" src="{OLD}{UPLOADS}/house.jpg"></p>',
            type="page",
            name="about-us",
            link=f"{OLD}/team/about-us/",
        ),
        wp_file(9, "oven.jpg", link="/2021/03/the-kiln/oven/", parent="7"),
        wp_file(10, "kiln-scaled.jpg", link="/kiln-at-dusk/", meta={"_wp_attachment_image_alt": "Kiln"}),
        wp_file(11, "facts.txt", link="/facts/"),
        wp_file(12, "house.jpg"),
    ],
    SECOND: [
        wp_item(
            40,
            "[et_pb_section][et_pb_row][et_pb_column][et_pb_text]<p>She left.</p>[/et_pb_text]"
            f'[et_pb_image src="{SECOND}{UPLOADS}/boat.jpg" alt="Boat"][/et_pb_column][/et_pb_row]'
            "[/et_pb_section]",
            name="the-boat",
            date="2020-02-29 10:00:00",
            link=f"{SECOND}/2020/02/the-boat/",
        ),
        wp_file(41, "boat.jpg", SECOND, "/2020/02/the-boat/boat/", parent="40"),
    ],
}


def public_addresses(path):
    """Return {id of an item: its addresses} on the old site of the export at `path`."""
    found = {}
    for source in find_sources([path]):
        for item in read(source):
            if isinstance(item, Item):
                found[item.id] = [iri_to_uri(each) for each in addresses_of(item)]
    return found


def addresses_of(item):
    """Return the addresses with which the old site showed `item`, or a list or feed with it."""
    link = urlsplit(item.link)
    addresses = [f"{link.path}?{link.query}" if link.query else link.path, f"{link.path.rstrip('/')}/feed/"]
    if item.type == "attachment":
        file = urlsplit(item.attachment_url).path.replace("-scaled", "")
        name, dot, suffix = file.rpartition(".")
        sizes = [f"{name}{size}{dot}{suffix}" for size in ("-300x200", "-1024x768", "-scaled")]
        # An address with a number has no feed.
        pages = [each for each in addresses[:1] if "?" in each] or addresses
        return [*pages, f"/?attachment_id={item.id}", file, *(sizes if suffix == "jpg" else ())]
    addresses += [f"/?p={item.id}", f"/?page_id={item.id}", f"{link.path}page/2/"]
    if item.type == "post":
        year, month, day = item.date[:10].split("-")
        addresses += [f"/{year}/", f"/{year}/{month}/", f"/{year}/{month}/{day}/", f"/?m={year}{month}"]
        addresses += ["/author/ama/", "/author/ama/feed/", "/?author=1", "/?cat=2", "/feed/"]
    kinds = {"category": "category", "post_tag": "tag"}
    return addresses + [f"/{kinds[domain]}/{slug}/" for domain, slug, _name in item.terms]


@pytest.fixture
def addresses(tmp_path, media_root):
    """{id of an item: its addresses} of the two EXPORTS, which are imported as drafts, with their files."""
    make_index(live=False)
    folder, found = tmp_path / "uploads" / "2019" / "03", {}
    folder.mkdir(parents=True)
    for name in ("oven.jpg", "kiln.jpg", "house.jpg", "boat.jpg"):
        (folder / name).write_bytes(picture_bytes(30, 20, "JPEG"))
    (folder / "facts.txt").write_text("Facts in words.")
    for number, (base, items) in enumerate(EXPORTS.items()):
        path = tmp_path / f"{number}.xml"
        path.write_text(export(*items).replace(f"url>{OLD}<", f"url>{base}<"))
        options = ["--write", "--uploads", str(tmp_path / "uploads"), "--report", tmp_path / "report"]
        call_command("import_wordpress", path, *options, verbosity=0)
        found |= public_addresses(path)
    return found


def decide_and_publish():
    """Say of all stories and pictures that they are of nobody, and publish all pages."""
    CleanImage.objects.update(shows=CleanImage.Shows.PLACE_OR_THING)
    for image in CleanImage.objects.all():
        image.save()
    for page in [*StoryIndexPage.objects.all(), *StoryPage.objects.all(), *StandardPage.objects.all()]:
        draft = page.get_latest_revision_as_object()
        if isinstance(draft, StoryPage):
            draft.people, draft.summary = "none", "A summary."
        draft.save_revision(clean=False).publish()


def hold_pictures():
    """Say that the picture of the oven (item 9) shows the person in the story, of whom nothing is known."""
    for image in CleanImage.objects.filter(description="Oven"):
        image.shows = CleanImage.Shows.PERSON_IN_STORY
        image.save()


# {what happens to public pages and files: (function, ids of the items whose addresses are 404 then)}.
HIDDEN = {
    "a picture is held": (hold_pictures, "9"),
    "a consent to a picture is over": (
        lambda: CleanImage.objects.filter(description="Oven").update(shown_until=days_from_today(-1)),
        "9",
    ),
    "a picture is deleted": (lambda: CleanImage.objects.filter(description="Kiln").delete(), "10"),
    "a document is deleted": (lambda: CleanDocument.objects.all().delete(), "11"),
    "a page is private": (lambda: make_private(StandardPage.objects.get()), "8 12"),
    "a page is unpublished": (lambda: StoryPage.objects.get(slug="the-boat").unpublish(), "40 41"),
}


@pytest.mark.sqlite_only
def test_every_public_address_leads_to_a_public_page_and_to_nothing_before(addresses, client, subtests):
    every = {url for urls in addresses.values() for url in urls}
    assert len(every) > 50  # so that the checks below are not about nothing
    assert statuses_of(every) == dict.fromkeys(every, 404)
    decide_and_publish()
    with caches_in_use():
        found = {url: client.get(url) for url in every}
    assert {url: each.status_code for url, each in found.items()} == dict.fromkeys(every, 301)
    assert {each.headers["Cache-Control"] for each in found.values()} == {"no-store"}
    targets = {url: each.headers["Location"] for url, each in found.items()}
    for url in set(targets.values()):
        response = client.get(url)
        assert response.status_code == 200, url
        response.getvalue()  # closes the file of a document
    document, kiln = CleanDocument.objects.get().url, "/stories/the-kiln/"
    wanted = {"7": kiln, "9": kiln, "10": kiln, "8": "/about-us/", "12": "/about-us/", "11": document}
    wanted |= dict.fromkeys(("40", "41"), "/stories/the-boat/")
    lists = {url for url in every if targets[url] in {SECTION, FEED}}
    assert {key: {targets[url] for url in urls} - {SECTION, FEED} for key, urls in addresses.items()} == {
        key: {target} for key, target in wanted.items()
    }
    assert len(lists) == 15  # 4 by the date of each post, 2 by the terms of item 7, and 5 that they share
    for name, (happen, ids) in HIDDEN.items():
        with subtests.test(name), undone():
            happen()
            hidden = {url for key in ids.split() for url in addresses[key]} - lists
            # Of each other item, one address still works.
            own = [[url for url in urls if url not in lists] for urls in addresses.values()]
            asked = hidden | {urls[-1] for urls in own if urls}
            assert {url for url in asked if answer(url).status_code == 404} == hidden
    with subtests.test("addresses of a page are erased"), undone():
        page = StoryPage.objects.get(slug="the-kiln")
        addresses_erased.send(sender=StoryPage, page=page)
        urls = {url for key in ("7", "9", "10", "11") for url in addresses[key]} - lists
        assert {url for url in urls if answer(url).status_code != 404} == {"/?p=7", "/?page_id=7"}
