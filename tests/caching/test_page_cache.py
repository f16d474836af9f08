"""The page cache: which pages are cached, and conditional requests for them."""

import gzip
import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caching import cache_request, page_store
from tests.support.queries import count_queries
from tests.support.wsgi import SiteClient

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows")]

BROWSER = {"Accept-Encoding": "gzip, br"}
# The header of every cached page: proxies keep it for a second, and browsers ask each time.
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"


# --- What is cached ------------------------------------------------------------------------------


PUBLIC = ["/", "/stories/", "/stories/?country=kenya&year=2025", "/stories/?text=1"]
PUBLIC += ["/stories/country/kenya/", "/sitemap.xml", "/robots.txt", "/feed.atom", "/stories/feed.rss"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_page_takes_no_query_the_second_time(story, address):
    client = SiteClient()
    first = client.get(address, headers=BROWSER)
    assert first["Cache-Control"] == PAGE_CACHE_CONTROL
    assert first["Content-Encoding"] == "gzip"
    assert first["Vary"] == "Accept-Encoding"
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address, headers=BROWSER)
        plain = client.get(address)
    assert len(queries) == 0
    assert (again.content, again.headers) == (first.content, first.headers)
    assert plain.content == gzip.decompress(first.content)
    assert "Content-Encoding" not in plain


@pytest.mark.parametrize("address", ["/search/?q=words", "/search/", "/nothing/here/", "/admin/login/"])
def test_other_responses_are_not_cached(client, story, address):
    assert "public" not in client.get(address).get("Cache-Control", "")
    assert count_queries(client, address)[0] > 0


def test_page_of_a_logged_in_user_is_neither_cached_nor_from_the_cache(client, story, django_user_model):
    admin = SiteClient()
    admin.force_login(django_user_model.objects.create_superuser("chief"))
    assert "public" not in admin.get(story.url).get("Cache-Control", "")
    assert b"wagtail-userbar" in admin.get(story.url).content
    assert b"wagtail-userbar" not in client.get(story.url).content
    assert b"wagtail-userbar" in admin.get(story.url).content


def test_pages_with_long_addresses_take_no_more_memory_than_allowed(monkeypatch):
    """The headers and the address of a short page take more memory than its body."""
    monkeypatch.setattr(page_store, "MAX_STORE_BYTES", 500_000)
    store = page_store.PageStore()
    tracemalloc.start()
    for number in range(500):
        headers = [(f"Header-{index}-{number}", "x" * 70) for index in range(10)]
        key = "https", "testserver", "/stories/", f"country={number:03000}"
        store.add(key, cache_request.make_page((1,), 0, headers, b"short"))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(store.pages) > 50
    assert taken < 600_000


# --- Conditional requests ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_conditional_request_gets_status_304(client, story, encoding):
    headers = {"Accept-Encoding": encoding}
    first = client.get(story.url, headers=headers)
    assert first["ETag"].startswith('"')  # It is strong.
    for known in [first["ETag"], f'"other", W/{first["ETag"]}', "*"]:
        again = client.get(story.url, headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == PAGE_CACHE_CONTROL
    other = client.get(story.url, headers=headers | {"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    other_form = client.get(story.url, headers={"Accept-Encoding": "gzip" if encoding != "gzip" else ""})
    assert other_form["ETag"] != first["ETag"]
