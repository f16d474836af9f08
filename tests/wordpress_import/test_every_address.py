"""Every address of two old sites, of all kinds of items, leads to what is public, and to nothing before."""

from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.utils.encoding import iri_to_uri

from home.models import StandardPage
from media.models import CleanDocument, CleanImage
from safeguarding.scopes import NO_END
from safeguarding.withdrawal.steps import addresses_erased
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders, committed, people
from tests.support.old_addresses import FEED, SECTION, answer, statuses_of
from tests.support.undone import undone
from tests.support.wordpress import export, wp_item
from wordpress_import import reading, sources

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

OLD, SECOND = "https://old.example", "https://second.example"
UPLOADS = "/wp-content/uploads/2019/03"


def wp_file(number, name, base=OLD, link="", **fields):
    """Return the XML of the <item> of the file `name`."""
    url = f"{base}{UPLOADS}/{name}"
    link = f"{base}{link or f'/?attachment_id={number}'}"
    return wp_item(number, type="attachment", status="inherit", attachment_url=url, link=link, **fields)


KILN = {"name": "the-kiln", "link": f"{OLD}/2021/03/the-kiln/", "meta": {"_thumbnail_id": "10"}}
KILN["terms"] = [("category", "debt", "Debt"), ("post_tag", "départ", "Départ")]
ABOUT = {"type": "page", "name": "about-us", "link": f"{OLD}/team/about-us/"}
BOAT = {"name": "the-boat", "date": "2020-02-29 10:00:00", "link": f"{SECOND}/2020/02/the-boat/"}
OVEN = f'<figure><img alt="Oven" src="{UPLOADS}/oven-300x200.jpg" class="wp-image-9"></figure>'
DIVI = f'[et_pb_text]She left.[/et_pb_text][et_pb_image src="{SECOND}{UPLOADS}/boat.jpg" alt="Boat"]'
# {address of an old site: its items}. One site has the classic editor, the other has Divi.
EXPORTS = {
    OLD: [
        wp_item(7, f'{OVEN}<a href="{OLD}{UPLOADS}/facts.txt">Facts</a>', **KILN),
        wp_item(8, f'<p>Who we are.</p><p><img alt="House" src="{OLD}{UPLOADS}/house.jpg"></p>', **ABOUT),
        wp_file(9, "oven.jpg", link="/2021/03/the-kiln/oven/", parent="7"),
        wp_file(10, "kiln-scaled.jpg", link="/kiln-at-dusk/", meta={"_wp_attachment_image_alt": "Kiln"}),
        wp_file(11, "facts.txt", link="/facts/"),
        wp_file(12, "house.jpg"),
    ],
    SECOND: [
        wp_item(40, f"[et_pb_section]{DIVI}[/et_pb_section]", **BOAT),
        wp_file(41, "boat.jpg", SECOND, "/2020/02/the-boat/boat/", parent="40"),
    ],
}


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
    addresses += [f"{link.path}?utm_source=mail", link.path.title()]
    if item.type == "post":
        year, month, day = item.date[:10].split("-")
        addresses += [f"/{year}/", f"/{year}/{month}/", f"/{year}/{month}/{day}/", f"/?m={year}{month}"]
        addresses += ["/author/ama/", "/author/ama/feed/", "/?author=1", "/?cat=2", "/feed/"]
    kinds = {"category": "category", "post_tag": "tag"}
    return addresses + [f"/{kinds[domain]}/{slug}/" for domain, slug, _name in item.terms]


@pytest.fixture
def addresses(tmp_path, media_root):
    """{id of an item: its addresses} of the two EXPORTS, which are imported as drafts, with their files."""
    builders.make_index(live=False)
    folder, found = tmp_path / "uploads" / "2019" / "03", {}
    folder.mkdir(parents=True)
    for name in ("oven.jpg", "kiln.jpg", "house.jpg", "boat.jpg"):
        (folder / name).write_bytes(builders.picture_bytes(30, 20, "JPEG"))
    (folder / "facts.txt").write_text("Facts in words.")
    for number, (base, items) in enumerate(EXPORTS.items()):
        path = tmp_path / f"{number}.xml"
        path.write_text(export(*items).replace(f"url>{OLD}<", f"url>{base}<"))
        options = ["--write", "--uploads", str(tmp_path / "uploads"), "--report", tmp_path / "report"]
        call_command("import_wordpress", path, *options, verbosity=0)
        imported = [item for source in sources.find_sources([path]) for item in reading.read(source)]
        found |= {item.id: [iri_to_uri(each) for each in addresses_of(item)] for item in imported}
    return found


def decide_and_publish():
    """Say of all pages and pictures that they are of nobody, and publish all pages. A lead has looked."""
    CleanImage.objects.update(shows=CleanImage.Shows.PLACE_OR_THING, shown_until=NO_END)
    for page in [*StoryIndexPage.objects.all(), *StoryPage.objects.all(), *StandardPage.objects.all()]:
        draft = page.get_latest_revision_as_object()
        draft.people = "none"
        if isinstance(draft, StoryPage):
            draft.summary = "A summary."
        draft.save_revision(clean=False).publish()


def images(description):
    return CleanImage.objects.filter(description=description)


# {what happens to public pages and files: (function, ids of the items whose addresses are 404 then)}.
HIDDEN = {
    "a picture is held": (lambda: builders.save_with(images("Oven").get(), asks_again=True), "9"),
    "a consent to a picture is over": (
        lambda: images("Oven").update(shown_until=people.days_from_today(-1)),
        "9",
    ),
    "a picture is deleted": (lambda: images("Kiln").delete(), "10"),
    "a document is deleted": (lambda: CleanDocument.objects.all().delete(), "11"),
    "a page is private": (lambda: builders.make_private(StandardPage.objects.get()), "8 12"),
    "a page is unpublished": (lambda: StoryPage.objects.get(slug="the-boat").unpublish(), "40 41"),
}


def test_every_public_address_leads_to_a_public_page_and_to_nothing_before(addresses, client, subtests):
    every = {url for urls in addresses.values() for url in urls}
    assert len(every) > 50  # so that the checks below are not about nothing
    assert statuses_of(every) == dict.fromkeys(every, 404)
    decide_and_publish()
    found = {url: answer(url) for url in every}
    assert {url: each.status_code for url, each in found.items()} == dict.fromkeys(every, 301)
    assert {each.headers["Cache-Control"] for each in found.values()} == {"no-store"}
    targets = {url: each.headers["Location"] for url, each in found.items()}
    with committed.caches_in_use():
        # The whole site answers as its middleware does: for a page and a picture here, for a post in
        # test_addresses.py.
        for url in (*addresses["8"], *addresses["9"]):
            assert client.get(url).headers["Location"] == targets[url]
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
            # Every other item is asked for at one of its addresses, which still works.
            own = [[url for url in urls if url not in lists] for urls in addresses.values()]
            asked = hidden | {urls[-1] for urls in own}
            assert {url for url in asked if answer(url).status_code == 404} == hidden
    with subtests.test("addresses of a page are erased"), undone():
        addresses_erased.send(sender=StoryPage, page=StoryPage.objects.get(slug="the-kiln"))
        urls = {url for key in ("7", "9", "10", "11") for url in addresses[key]} - lists
        assert {url for url in urls if answer(url).status_code != 404} == {"/?p=7", "/?page_id=7"}
