"""Each process and each replica soon shows a change, and no page that is taken from readers.

A page is taken away if it is unpublished, private, deleted or hidden, for example. After MAX_SECONDS, no
process and no replica answers a request with it or its pictures. nginx still may, for MAX_SECONDS_IN_NGINX
more.

An editor makes some changes in the admin of one of the sites. The test makes the others itself, as another
process of the site does, such as a management command.
"""

import copy
import secrets
import time
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from media.cleaning import CleanFile
from publishing import hiding, trash
from tests.support import builders, front_server, odd_requests
from tests.support.production import database_of_the_test, running_site

NAME, PASSWORD = "editor", secrets.token_urlsafe(20)
# Seconds after which the site, and nginx, send neither the page nor a picture, and between two requests until
# then. The site reads the content version each half second (READ_SECONDS in caching/content_version.py).
MAX_SECONDS, MAX_SECONDS_IN_NGINX, PAUSE = 0.5, 2, 0.1


class Editor:
    """A client of `site` that is logged in."""

    def __init__(self, site):
        self.site, self.cookies = site, {}
        self.ask("/admin/login/")
        login = {"username": NAME, "password": PASSWORD, "next": "/admin/"}
        assert self.post("/admin/login/", login)[0] == 302

    def ask(self, path, method="GET", body=None, **headers):
        # Django's protection against CSRF needs these headers.
        headers["Referer"] = self.site.environment["BASE_URL"] + "/admin/"
        headers["X_CSRFToken"] = self.cookies.get("__Host-csrftoken", "")
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, received, answer = self.site.ask(path, method, body, **headers)
        for line in received.get_all("Set-Cookie") or []:
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return status, received, answer

    def post(self, path, fields):
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        return self.ask(path, "POST", urlencode(fields, doseq=True), **form)


# --- What is taken away --------------------------------------------------------------------------


def make_story(name):
    """Return a story in a section of its own, with a picture that no other page shows."""
    section = builders.make_index(builders.make_index(), f"Section of {name}")
    # Small, because the processes of the site make many renditions.
    picture = builders.make_image(size=(60, 40))
    fields = {"lead_image": picture, "lead_image_decorative": True, "slug": name}
    return builders.make_story(f"Story of {name}", section, **fields)


def addresses_of(story):
    """Return {name: address} of the page, and of a rendition of its picture."""
    return {"page": story.url, "picture": story.lead_image.get_rendition("width-200|format-avif").url}


def replace_file(story):
    """As Wagtail's form for a picture does when somebody chooses another file."""
    builders.save_with(story.lead_image, file=CleanFile(builders.picture_bytes(333, 222), ".png"))
    story.lead_image.renditions.all().delete()


# {change: (function that makes it, what is gone after it)}. test_changes.py makes more, in one process.
BOTH = {"page", "picture"}
CHANGES = {
    "unpublished": (lambda story: story.unpublish(), BOTH),
    "section-private": (lambda story: builders.make_private(story.get_parent()), BOTH),
    "hidden": (hiding.hide, BOTH),
    "section-in-trash": (lambda story: trash.move_to_trash(story.get_parent()), BOTH),
    "file-replaced": (replace_file, {"picture"}),
}


# --- The sites -----------------------------------------------------------------------------------

HAS_REPLICAS = connection.vendor == "postgresql"


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def sites(request, stack, tmp_path, transactional_db, django_db_serialized_rollback, settings):
    """{server to ask: seconds for which it may send what it has cached}.

    With SQLite, they are two processes with one data folder. With PostgreSQL, they are two replicas, and
    nginx in front of them, as in compose.yaml. This process is one more of the site, with the same
    pictures.
    """
    folders, shared = (tmp_path / "one", tmp_path / "two"), {"DATA_DIR": str(tmp_path)}
    (served := tmp_path / "served").mkdir()
    settings.MEDIA_ROOT = served / "media"
    if HAS_REPLICAS:
        shared = {"MEDIA_ACCEL_PREFIX": "/files/"}
    key = secrets.token_urlsafe(60)
    running = {}
    for folder in folders:
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "served").symlink_to(served)
        site = running_site(folder, database_of_the_test(), workers=1, SECRET_KEY=key, **shared)
        running[stack.enter_context(site)] = MAX_SECONDS
    if not HAS_REPLICAS:
        return running
    program, replicas = request.getfixturevalue("nginx_path"), [f"127.0.0.1:{site.port}" for site in running]
    behind = copy.copy(next(iter(running)))
    behind.port = stack.enter_context(front_server.running(program, replicas, served, scheme="https"))[0]
    return running | {behind: MAX_SECONDS + MAX_SECONDS_IN_NGINX}


# --- The checks ----------------------------------------------------------------------------------


def statuses(site, addresses):
    return {name: site.ask(address)[0] for name, address in addresses.items()}


def wait_until_gone(site, addresses, end):
    """Return those of `addresses` that `site` still sent in answer to a request after the time `end`."""
    late = []
    for name, address in addresses.items():
        while True:
            asked = time.time()
            status, headers, _body = site.ask(address)
            if status != 200:
                # No cache keeps the response that says that a picture is gone.
                assert name == "page" or headers["Cache-Control"] == "private, no-store"
                break
            if asked > end:
                late.append(name)
                break
            time.sleep(PAUSE)
    return late


def wait_for(sites, address, is_expected):
    """Request `address` from each of `sites` until it answers as expected, or MAX_SECONDS are over.

    `is_expected`: function that takes the status and the text of a response.
    """
    end = time.time() + MAX_SECONDS
    for site in sites:
        while True:
            asked = time.time()
            status, _headers, body = site.ask(address)
            if is_expected(status, body.decode()):
                break
            assert asked <= end, (address, status)
            time.sleep(PAUSE)


def check_changes_of_editors(sites):
    """Let an editor change, restrict and unpublish a story in the admin of two `sites`, with one session."""
    get_user_model().objects.create_superuser(NAME, password=PASSWORD)
    story = builders.make_story("The old words")
    editors = [Editor(sites[0])]
    editors.append(copy.copy(editors[0]))
    editors[1].site = sites[1]
    form = builders.story_form("publish", title="The new words", slug=story.slug)
    private, free = {"restriction_type": "login"}, {"restriction_type": "none"}
    # (which of the editors, view, form, status of the page after it). Other pages list it if it is 200.
    steps = [(0, "edit", form, 200), (1, "privacy", private, 302), (0, "privacy", free, 200)]
    for number, view, data, expected in [*steps, (1, "unpublish", {}, 404)]:
        assert {site.ask("/stories/")[0] for site in sites} == {200}  # it is cached
        editors[number].post(f"/admin/pages/{story.pk}/{view}/", data)
        wait_for(sites, story.url, lambda status, _text, expected=expected: status == expected)
        seen = [expected == 200, False]
        for address in ("/", "/stories/"):
            wait_for(sites, address, lambda _status, text, seen=seen: words_in(text) == seen)


def words_in(text):
    return ["The new words" in text, "The old words" in text]


def check_what_is_taken_away(sites):
    """Make each of CHANGES, and check that what it takes away, and nothing else, is gone from the `sites`."""
    late, stories = {}, {name: make_story(name) for name in CHANGES}
    for name, (change, gone) in CHANGES.items():
        addresses = addresses_of(stories[name])
        for site in sites:
            assert set(statuses(site, addresses).values()) == {200}, name
        change(stories[name])
        end = time.time()
        for number, (site, seconds) in enumerate(sites.items()):
            taken = {each: addresses[each] for each in gone}
            if found := wait_until_gone(site, taken, end + seconds):
                late[name, number] = found
            if "page" not in gone:
                status, _headers, body = site.ask(addresses["page"])
                assert (status, addresses["picture"] in body.decode()) == (200, False), name
    assert not late


def test_each_site_shows_changes_soon_and_nothing_odd_or_taken_away(sites):
    check_changes_of_editors([*sites][:2])
    if not HAS_REPLICAS:  # these requests are the same with every database
        odd_requests.check_odd_requests(next(iter(sites)))
    check_what_is_taken_away(sites)
