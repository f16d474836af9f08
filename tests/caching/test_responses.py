"""Which responses the page cache stores, and what several requests for a page at once get."""

import threading
from datetime import UTC, datetime
from itertools import count

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse

from caching import cache_request, cacheable, page_cache, session_keys
from caching.content_version import MAX_CACHE_SECONDS, change, content_version
from tests.support.wsgi import SiteClient, cacheable_application

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows")]

# For tests with several threads, each of which has a connection of its own.
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # At midnight no cached page is used any more.


def numbered(**options):
    """Return a view whose responses are the numbers 1, 2, 3 and so on."""
    numbers = count(1)
    return lambda _request: HttpResponse(str(next(numbers)), **options)


# --- Responses -----------------------------------------------------------------------------------


PRIVATE = [{"Set-Cookie": "name=value"}, {"Vary": "Cookie"}, {"Vary": "accept-encoding, accept-language"}]
PRIVATE += [{"Vary": "*"}, {"Cache-Control": "private"}, {"Content-Encoding": "br"}]
OPTIONS = [{"headers": each} for each in PRIVATE] + [{"status": 404}, {"status": 203}]
OPTIONS.append({"status": 302, "headers": {"Location": "/"}})


@pytest.mark.parametrize("options", OPTIONS)
def test_response_for_one_visitor_or_in_another_form_is_not_cached(options):
    client = SiteClient(page_cache.PageCache(cacheable_application(numbered(**options))))
    answers = [client.get("/") for _request in range(2)]
    assert [answer.content for answer in answers] == [b"1", b"2"]
    assert not any("s-maxage" in answer.get("Cache-Control", "") for answer in answers)


def test_password_of_a_server_in_front_makes_no_other_page_but_keeps_it_out_of_caches():
    client = SiteClient(page_cache.PageCache(cacheable_application(numbered())))
    answers = [client.get("/", headers=given) for given in [{"Authorization": "Basic eDp5"}, {}] * 2]
    assert {answer.content for answer in answers} == {b"1"}
    assert ["no-store" in answer["Cache-Control"] for answer in answers] == [True, False] * 2


def test_request_with_a_session_neither_gets_nor_makes_a_page():
    """Only the second and the fourth of the requests could be any visitor's. These two share a page."""
    headers = {"Cookie": f"a=b; sessionid={session_keys.make_session_key()}"}
    client = SiteClient(page_cache.PageCache(cacheable_application(numbered())))
    answers = [client.get("/", headers=given).content for given in (headers, {}, headers, {})]
    assert answers == [b"1", b"2", b"3", b"2"]


@pytest.mark.parametrize("further", [1, 2])
def test_page_that_is_declared_again_is_not_cached(further):
    """The declarations may name different parameters."""
    view = numbered()

    def make(request):
        for _declaration in range(further):
            cacheable.begin_cacheable(request, ["page"])
        return view(request)

    client = SiteClient(page_cache.PageCache(cacheable_application(make)))
    assert [client.get("/").content for _request in range(2)] == [b"1", b"2"]
    assert client.process.store.makers == {}


# --- Requests at the same time -------------------------------------------------------------------


def ask_in_thread(process, responses):
    """Request "/" from `process` in a new thread, which appends the response to `responses`."""

    def ask():
        responses.append(SiteClient(process).get("/"))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


@committed
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

    process = page_cache.PageCache(application)
    threads = [ask_in_thread(process, responses)]
    assert arrived[0].wait(10)
    threads.append(ask_in_thread(process, responses))
    for thread in threads:
        thread.join()
    assert {response.status_code for response in responses} == {status, 200}
    assert len(made) == times
    assert not process.store.makers


@committed
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

    process = page_cache.PageCache(cacheable_application(make))
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


def test_page_of_before_a_change_is_kept_by_no_proxy():
    """It was withdrawn while it was made, or while this request waited for it."""

    def make(_request):
        change()
        return HttpResponse(b"withdrawn")

    client = SiteClient(page_cache.PageCache(cacheable_application(make)))
    response = client.get("/")
    assert (response.content, response["Cache-Control"]) == (b"withdrawn", "no-store")
    # With status 304, a proxy would go on to use the page that it has.
    again = client.get("/", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (200, "no-store")


def test_page_that_another_request_made_is_kept_by_no_proxy_after_a_change():
    """It was withdrawn after the other request had made it, and before this one found it."""

    def overtaken(environ, start_response):
        environ[cacheable.ENVIRON_KEY].version = content_version.read()
        process.application = application
        SiteClient(process).get("/")
        change()
        content_version.expire()
        start_response("200 OK", [])
        return cacheable.begin_cacheable(WSGIRequest(environ), ())

    application = cacheable_application(numbered())
    process = page_cache.PageCache(overtaken)
    response = SiteClient(process).get("/")
    assert (response.content, response["Cache-Control"]) == (b"1", "no-store")


def test_page_with_other_headers_has_another_etag():
    numbers = count()
    client = SiteClient(page_cache.PageCache(cacheable_application(lambda _request: make(next(numbers)))))

    def make(number):
        return HttpResponse("the same", headers={"Content-Security-Policy": f"policy {number}"})

    first = client.get("/")
    change()
    content_version.expire()
    again = client.get("/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["Content-Security-Policy"]) == (200, "policy 1")
