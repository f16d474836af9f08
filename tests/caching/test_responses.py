"""Which responses the page cache stores, and what several requests for a page at once get."""

import gzip
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse

from caching import cache_request, page_locks, page_store
from caching.cacheable import begin_cacheable
from caching.content_version import MAX_CACHE_SECONDS, content_version
from caching.page_cache import PageCache
from caching.page_locks import Reservation
from caching.session_keys import make_session_key
from tests.support import builders
from tests.support.queries import count_queries
from tests.support.wsgi import SiteClient, cacheable_application

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("empty_page_cache")]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # At midnight no cached page is used any more.


def numbered():
    """Return a view whose responses are the numbers 1, 2, 3 and so on."""
    numbers = count(1)
    return lambda _request: HttpResponse(str(next(numbers)))


def test_get_request_after_a_head_request_gets_a_page_with_a_body():
    client = SiteClient(PageCache(cacheable_application(lambda request: HttpResponse(request.method))))
    assert client.head("/").status_code == 200
    assert client.get("/").content == b"GET"


# --- Responses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Set-Cookie": "name=value"}},
        {"headers": {"Vary": "Cookie"}},
        {"headers": {"Vary": "accept-encoding, accept-language"}},
        {"headers": {"Vary": "*"}},
        {"headers": {"Cache-Control": "private"}},
        {"headers": {"Content-Encoding": "br"}},
        {"status": 404},
        {"status": 203},
        {"status": 302, "headers": {"Location": "/"}},
    ],
)
def test_response_for_one_visitor_or_in_another_form_is_not_cached(options):
    made = []

    def make(_request):
        made.append(1)
        return HttpResponse(b"words", **options)

    client = SiteClient(PageCache(cacheable_application(make)))
    for _request in range(2):
        assert "s-maxage" not in client.get("/").get("Cache-Control", "")
    assert len(made) == 2


def test_password_of_a_server_in_front_makes_no_other_page_but_keeps_it_out_of_caches():
    client = SiteClient(PageCache(cacheable_application(numbered())))
    answers = [client.get("/", headers=given) for given in [{"Authorization": "Basic eDp5"}, {}] * 2]
    assert {answer.content for answer in answers} == {b"1"}
    assert ["no-store" in answer["Cache-Control"] for answer in answers] == [True, False] * 2


def test_request_with_a_session_neither_gets_nor_makes_a_page():
    """Only the second and the fourth of the requests could be any visitor's. These two share a page."""
    headers = {"Cookie": f"a=b; sessionid={make_session_key()}"}
    client = SiteClient(PageCache(cacheable_application(numbered())))
    answers = [client.get("/", headers=given).content for given in (headers, {}, headers, {})]
    assert answers == [b"1", b"2", b"3", b"2"]


@pytest.mark.parametrize(
    "stored", [b"words", ("two", "parts"), ("v", 1.0, "etag", (), "text"), {"a": 1}, "part of a file"]
)
def test_stored_page_that_cannot_be_read_is_made_again(stored):
    """No `stored` value has the form of a CachedPage. The last one stands for a file that was cut off."""
    builders.make_story("A story")
    body = SiteClient().get("/stories/").content
    key = page_store.page_key(("http", "testserver", "/stories/"), "")
    assert caches["pages"].get(key)
    if stored == "part of a file":
        with open(caches["pages"]._key_to_file(key), "r+b") as file:
            file.truncate(40)
    else:
        caches["pages"].set(key, stored)
    assert SiteClient().get("/stories/").content == body


def test_page_of_another_release_is_not_used(monkeypatch):
    builders.make_story("A story")
    SiteClient().get("/stories/")
    monkeypatch.setattr(page_store, "hash_release", lambda: "another")
    page_store.page_key.cache_clear()  # as in a new process
    assert count_queries(SiteClient(), "/stories/")[0] > 0


def cached_page(version):
    """Return an empty CachedPage that was made just now."""
    return page_store.CachedPage(version, time.time(), "etag", (), b"")


@pytest.mark.parametrize("is_known", [True, False])
def test_request_from_before_a_change_gets_and_deletes_no_page_made_after_it(is_known):
    """It read the content version, and goes on when another request has begun with the next version.

    `is_known`: whether this process has seen a request with the old version before.
    """
    store, old = page_store.PageStore(), content_version.read()
    if is_known:
        assert store.find("key", old) is None
    content_version.change()
    new = content_version.read()
    assert store.find("key", new) is None
    page = cached_page(new)
    store.add("key", page)
    assert store.find("key", old) is None
    old_page = cached_page(old)
    store.add("key", old_page)
    assert [store.find("key", version) for version in (old, new)] == [old_page, page]
    assert caches["pages"].get("key") == tuple(page)


@pytest.mark.parametrize("further", [1, 2])
def test_page_that_is_declared_again_is_not_cached(further):
    """The declarations may name different parameters."""
    made = []

    def make(request):
        for _declaration in range(further):
            begin_cacheable(request, ["page"])
        made.append(1)
        return HttpResponse(b"words")

    client = SiteClient(PageCache(cacheable_application(make)))
    assert [client.get("/").content for _request in range(2)] == [b"words", b"words"]
    assert len(made) == 2
    assert client.process.locks.reservations == {}


# --- Requests at the same time -------------------------------------------------------------------


def ask_in_thread(process, responses):
    """Request "/" from `process` in a new thread, which appends the response to `responses`."""
    thread = threading.Thread(target=lambda: responses.append(SiteClient(process).get("/")))
    thread.start()
    return thread


@pytest.mark.parametrize(("status", "times"), [(200, 1), (500, 2)])
def test_page_is_not_made_twice_at_once(status, times):
    """`status`: of the first response. After an error, the request that waited makes the page."""
    made, arrived, responses = [], [threading.Event(), threading.Event()], []

    def make(_request):
        made.append(1)
        arrived[0].set()
        assert arrived[1].wait(10)
        return HttpResponse(b"words", status=status if len(made) == 1 else 200)

    inner = cacheable_application(make)

    def application(environ, start_response):
        if arrived[0].is_set():
            arrived[1].set()  # The second request is here, while the first one makes the page.
        return inner(environ, start_response)

    process = PageCache(application)
    threads = [ask_in_thread(process, responses)]
    assert arrived[0].wait(10)
    threads.append(ask_in_thread(process, responses))
    for thread in threads:
        thread.join()
    assert {response.status_code for response in responses} == {status, 200}
    assert len(made) == times
    assert not process.locks.reservations


def test_late_request_does_not_make_the_page_of_an_older_version_again():
    inner = cacheable_application(numbered())

    def application(environ, start_response):
        if "HTTP_LATE" in environ:
            # This request read the content version. Others make the page, before and after a change.
            SiteClient(process).get("/")
            content_version.change()
            SiteClient(process).get("/")
        return inner(environ, start_response)

    process = PageCache(application)
    assert SiteClient(process).get("/", headers={"Late": "1"}).content == b"1"
    assert SiteClient(process).get("/").content == b"2"


@pytest.mark.parametrize("has_old_page", [True, False])
def test_request_does_not_wait_long(monkeypatch, time_machine, has_old_page):
    """While another request makes a page, the old one is sent; without one the outage page, after a while."""
    monkeypatch.setattr(cache_request, "MAX_WAIT_SECONDS", 0.01)
    time_machine.move_to(NOON)
    is_slow, began, may_end, responses = threading.Event(), threading.Event(), threading.Event(), []

    def make(_request):
        began.set()
        if not is_slow.is_set():
            return HttpResponse(b"old")
        assert may_end.wait(10)
        return HttpResponse(b"new")

    process = PageCache(cacheable_application(make))
    if has_old_page:
        SiteClient(process).get("/")
        time_machine.shift(MAX_CACHE_SECONDS + 1)
    is_slow.set()
    began.clear()
    thread = ask_in_thread(process, responses)
    assert began.wait(10)
    response = SiteClient(process).get("/")
    may_end.set()
    thread.join()
    if has_old_page:
        assert response.content == b"old"
    else:
        assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert responses[0].content == SiteClient(process).get("/").content == b"new"


def test_expected_page_is_sent_only_if_the_address_still_has_the_same_parameters():
    parameters = []
    process = PageCache(cacheable_application(numbered(), parameters), max_pauses=0)
    client = SiteClient(process)
    assert client.get("/?page=2").content == client.get("/").content == b"1"
    [key] = process.store.pages
    parameters.append("page")
    content_version.change()
    assert client.get("/").content == b"2"
    # Another request for "/", which "/?page=2" waits for.
    other = Reservation(process.locks, content_version.read(), key)
    other.has_ended.set()
    assert client.get("/?page=2").content == b"3"
    other.end()
    assert not process.locks.reservations


def test_page_is_not_expected_after_a_response_that_is_not_cacheable():
    def not_found(_environ, start_response):
        start_response("404 Not Found", [])
        return []

    # An error does not say that the page is gone.
    page, error = [cacheable_application(lambda _r, s=s: HttpResponse(status=s)) for s in (200, 500)]
    process = PageCache(page, max_pauses=0)
    for process.application, expected in ((page, 1), (error, 1), (not_found, 0)):
        SiteClient(process).get("/")
        assert len(process.store.expected_keys) == expected
        content_version.change()


def test_only_the_last_expected_pages_are_remembered(monkeypatch):
    monkeypatch.setattr(page_store, "MAX_EXPECTED", 2)
    process = PageCache(cacheable_application(numbered()), max_pauses=0)
    for path in ("/1", "/2", "/1", "/3", "/4?p=1"):
        SiteClient(process).get(path)
        content_version.change()
    # A request with a parameter of WordPress always asks Django, so it expects no page.
    assert [path for (_scheme, _host, path), _query in process.store.expected_keys] == ["/1", "/3"]


def test_request_that_waited_in_vain_makes_the_page_without_waiting_again(monkeypatch):
    """The one that it waited for got an error, and a third one makes the page now."""
    process = PageCache(cacheable_application(numbered()), max_pauses=0)
    client = SiteClient(process)
    client.get("/")
    [key] = process.store.pages
    content_version.change()
    other = Reservation(process.locks, content_version.read(), key)
    # The other request ends, and the next one takes too long.
    has_ended = iter([True, False])
    other.has_ended = SimpleNamespace(wait=lambda _seconds: next(has_ended))
    assert client.get("/").content == b"2"


def test_page_of_before_a_change_is_kept_by_no_proxy():
    """It was withdrawn while it was made, or while this request waited for it."""

    def make(_request):
        content_version.change()
        return HttpResponse(b"withdrawn")

    client = SiteClient(PageCache(cacheable_application(make), max_pauses=0))
    response = client.get("/")
    assert (response.content, response["Cache-Control"]) == (b"withdrawn", "no-store")


# --- Processes -----------------------------------------------------------------------------------


@contextmanager
def process_that_makes(version, key):
    """Context manager that yields another process, which has the lock of the page."""
    locks = f"PageLocks({str(settings.DATA_DIR / 'page_locks')!r})"
    code = f"from caching.page_locks import PageLocks; locks = {locks}\n"
    code += f"print(locks.acquire({version!r}, {key!r}), flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        try:
            assert process.stdout.readline() == "True\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("meanwhile", "expected", "made", "asked"),
    [("stored", b"other", 1, 1), ("killed", b"2", 2, 2), ("slow", None, 1, 2)],
)
def test_page_that_another_process_makes(monkeypatch, meanwhile, expected, made, asked):
    """It is used once it is stored. If that process ends without it, this one makes it.

    If that process is slow, the request gets the outage page, which Django makes. `made`: the number of pages
    that this process has made, with the one before the change. `asked`: how often it asked Django.
    """
    make, calls, slept = numbered(), count(1), []
    inner = cacheable_application(make)

    def application(environ, start_response):
        next(calls)
        return inner(environ, start_response)

    process = PageCache(application, max_pauses=0)
    SiteClient(process).get("/")
    [(key, page)] = process.store.pages.items()
    content_version.change()
    version = content_version.read()
    other_store = page_store.PageStore()
    assert other_store.find(key, version) is None

    def pause(seconds):
        """Do `meanwhile`, instead of waiting for it."""
        slept.append(seconds)
        if meanwhile == "stored":
            other_store.add(key, page._replace(version=version, body=gzip.compress(b"other")))
        if meanwhile != "slow":
            other.kill()
            other.wait()

    clock = SimpleNamespace(sleep=pause, monotonic=lambda: sum(slept))
    monkeypatch.setattr(page_locks, "time", clock)
    with process_that_makes(version, key) as other:
        response = SiteClient(process).get("/")
    if meanwhile == "slow":
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert round(sum(slept), 1) == cache_request.MAX_WAIT_SECONDS
    else:
        assert response.content == expected
        assert len(slept) == 1
    assert make(None).content == str(made + 1).encode()
    assert next(calls) == asked + 1
    assert not process.locks.reservations


def test_old_page_is_sent_while_another_process_makes_it_anew(time_machine):
    time_machine.move_to(NOON)
    process = PageCache(cacheable_application(numbered()), max_pauses=0)
    SiteClient(process).get("/")
    [(key, page)] = process.store.pages.items()
    time_machine.shift(MAX_CACHE_SECONDS + 1)
    with process_that_makes(page.version, key):
        assert SiteClient(process).get("/").content == b"1"
    assert SiteClient(process).get("/").content == b"2"


def test_page_is_made_when_the_data_folder_takes_no_locks(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "missing"
    process = PageCache(cacheable_application(numbered()), max_pauses=0)
    assert [SiteClient(process).get("/").content for _request in range(2)] == [b"1", b"1"]
