"""Which requests share a cached page, by their query parameters, host, path, method and headers."""

from itertools import product

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from caching.page_cache import cacheable_address
from stories.models import StoryIndexPage
from tests.support import builders, filters
from tests.support.queries import count_queries
from tests.support.wsgi import SiteClient
from wordpress_import.addresses import LIST_PARAMETERS, PARAMETERS

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows")]


@pytest.fixture
def story(visible_rows):
    builders.make_story("Another", **filters.filed(1))
    return builders.make_story("A story", slug="story", **filters.filed(0))


# --- Query parameters ----------------------------------------------------------------------------


# {address: query strings that ask for the same page at its path}. text=1 asks for the text-only version. Of
# several values of a parameter, the last one counts. The number of a page has at most six digits, 0 to 9;
# %D9%A3 is the Arabic digit 3.
SAME_PAGE = {
    "/stories/story/": "fbclid=words&utm_source=letter page=3 country=kenya year=2025 %00=%00 text= "
    "text=0 text=10 TEXT=1 text=1&text=0 =1 && text ?text=1",
    "/stories/story/?text=1": "text=0&text=1 %74ext=%31 text=1&a=b text=1&page=2",
    "/stories/": "page= page=x page=-1 page=%D9%A3 page=1.5 page=1234567 page=%00 q=story",
    "/stories/?country=kenya": "country=senegal&country=kenya c%6Funtry=ken%79a&utm=%FF country=kenya&theme=",
    "/stories/?country=kenya&year=2025": "year=2025&country=kenya year=2025&page=a&country=kenya&%C3",
    "/stories/country/kenya/": "fbclid=1 utm_source=%F0%9F%99%82",
    "/sitemap.xml": "x=1 page=2 text=1 country=kenya",
    "/robots.txt": "x=1",
    "/feed.atom": "x=1 page=2",
}


def test_query_strings_for_the_same_page_share_it(story):
    for address, queries in SAME_PAGE.items():
        path = address.partition("?")[0]
        client = SiteClient()
        _number, body = count_queries(client, address)
        for query in queries.split():
            # Django is asked if another type of page reads one of the parameters. It makes no page.
            assert client.get(f"{path}?{query}").content == body, query
        assert len(client.process.store.pages) == 1
        for query in queries.split():
            # The other way round: without a cached page, the query string makes the page of the address.
            other = SiteClient()
            number, other_body = count_queries(other, f"{path}?{query}")
            assert (number > 0, other_body) == (True, body), query
            assert count_queries(other, address) == (0, body), query


def test_each_parameter_of_a_listing_is_declared_and_has_its_own_page(story):
    # With these, Senegal has 13 stories, and so a second page.
    for number in range(12):
        builders.make_story(f"Story {number}", **filters.filed(1))
    queries = [f"{name}={value}" for name, value in filters.values_of(story).items()] + ["page=2", "text=1"]
    assert {query.partition("=")[0] for query in queries} == set(StoryIndexPage.cacheable_parameters)
    for path in ["/stories/", "/stories/country/senegal/"]:
        uncached = {}
        for query in ["", *queries]:
            uncached[query] = SiteClient().get(f"{path}?{query}").content
            # The list of a country has no filter by country.
            if query and not (path.endswith("senegal/") and "country" in query):
                assert uncached[query] != uncached[""], query
        for query in queries:
            for first, second in (("", query), (query, "")):
                client = SiteClient()
                bodies = [client.get(f"{path}?{asked}").content for asked in (first, second)]
                assert bodies == [uncached[first], uncached[second]], (first, second)


def test_parameter_that_is_not_declared_is_not_in_the_page(client, story):
    for address in ["/stories/", "/stories/?country=kenya", story.url, "/", "/sitemap.xml", "/feed.atom"]:
        separator = "&" if "?" in address else "?"
        assert b"fbclid" not in client.get(f"{address}{separator}fbclid=fbclid").content


def test_parameters_of_wordpress_always_reach_django(client):
    """Django may redirect them, for a site that moved from WordPress."""
    home = client.get("/").content
    assert count_queries(client, "/?a=1")[0] == 0
    application, asked = client.process.application, []

    def record(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return application(environ, start_response)

    client.process.application = record
    names = [*PARAMETERS, *LIST_PARAMETERS]
    for name in names:
        assert client.get(f"/?{name}=1").content == client.get("/").content == home, name
    assert asked == ["/"] * len(names)


# --- Hosts, schemes and paths --------------------------------------------------------------------


def test_forms_of_a_host_share_a_page():
    link = {"type": "text", "value": '<p><a href="http://testserver:81/stories/">Stories</a></p>'}
    story = builders.make_story(body=[link])
    hosts = ["TestServer", "testserver:81", "testserver.", "TESTSERVER.:65535"]
    pages = ["/stories/", "/stories/?text=1", story.url, f"{story.url}?text=1"]
    for address in [*pages, "/sitemap.xml", "/feed.atom", "/robots.txt"]:
        body = SiteClient().get(address).content
        for host in hosts:
            assert SiteClient().get(address, headers={"Host": host}).content == body, (address, host)
    client = SiteClient()
    assert count_queries(client, "/stories/")[0] > 0
    for host in hosts:
        assert count_queries(client, "/stories/", headers={"Host": host})[0] == 0, host


def test_host_that_django_refuses_gets_no_page(client, story):
    client.get("/stories/")
    for host in ("evil.example", "testserver:x", "testserver:", "testserver..", "a@testserver", "\xff"):
        assert client.get("/stories/", headers={"Host": host}).status_code == 400, host
        assert b"A story" in client.get("/stories/").content, host


@pytest.mark.parametrize("header", [None, ("HTTP_X_FORWARDED_PROTO", "https")])
def test_scheme_is_that_of_django(settings, header):
    settings.SECURE_PROXY_SSL_HEADER = header
    for forwarded in (None, "https", " https , http", "http", "HTTPS", "http,https", ""):
        extra = {} if forwarded is None else {"HTTP_X_FORWARDED_PROTO": forwarded}
        for secure in (True, False):
            environ = RequestFactory().get("/", secure=secure, HTTP_HOST="testserver", **extra).environ
            assert cacheable_address(environ)[0] == WSGIRequest(environ).scheme, (forwarded, secure)


# --- Methods, conditions and encodings -----------------------------------------------------------


def test_conditional_request_makes_the_whole_page(story):
    far = "Fri, 01 Jan 2100 00:00:00 GMT"
    conditions = ({"If-None-Match": "*"}, {"Range": "bytes=0-9"}, {"If-Modified-Since": far})
    for address, headers in product(("/sitemap.xml", "/feed.atom", "/stories/"), conditions):
        client = SiteClient()
        client.get(address, headers=headers)
        # The cached page has all of its bytes, not none (304) or ten (Range).
        number, body = count_queries(client, address)
        assert (number, len(body) > 100) == (0, True), (address, headers)


def test_head_request_makes_the_page_and_uses_it_and_post_does_not(client):
    heads = [client.head("/sitemap.xml")]
    number, body = count_queries(client, "/sitemap.xml")
    with CaptureQueriesContext(connection) as queries:
        heads.append(client.head("/sitemap.xml"))
    assert (number, len(queries)) == (0, 0)
    for head in heads:
        assert (head.content, head["Content-Length"]) == (b"", str(len(body)))
    assert "public" not in client.post("/sitemap.xml").get("Cache-Control", "")


ENCODINGS = {"gzip": True, "br, GZIP;q=0.5": True, "br;q=0, gzip": True, "gzip;q=0": False, "": False}


@pytest.mark.parametrize("accepted", ENCODINGS)
def test_page_is_compressed_for_those_who_accept_it(client, accepted):
    for _request in range(2):  # made, then from the cache
        response = client.get("/", headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in response) == ENCODINGS[accepted]
