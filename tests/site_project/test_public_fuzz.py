"""Random paths, query strings and headers never cause a server error on public pages.

`make test` tries the same examples each time. FUZZ_EXAMPLES sets a number of random ones.
"""

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import builders, committed, fuzzing

pytestmark = pytest.mark.django_db

EXAMPLES = fuzzing.number_of_examples(80)

PATHS = b"""
    / /stories/ /stories/long-road/ /stories/country/kenya/ /stories/theme/mining/ /stories/feed.atom
    /fr/ /ar/stories/ /search/ /search/suggestions/ /media/ /media/images/ /documents/1/ /static/
    /sitemap.xml /robots.txt /favicon.ico /.well-known/security.txt /admin/login/ /_util/
""".split()
# NUL, a part of a character, a lone surrogate, invalid UTF-8, a character of four bytes, the end of a line.
NASTY = [b"\x00", b"\xc3", b"\xed\xa0\x80", b"\xff\xfe", b"\xf0\x9f\x99\x82", b"\r\n"]
# A long text, and a mark that turns the direction of the text.
NASTY += [b"a" * 3000, b"\xe2\x80\xae"]
# Paths upward, and characters that are special in some syntax.
NASTY += b"../ ..\\ // % %2e%2e/ ' \" < {{1}} ${1} ; * (".split()
NUMBERS = ["-1", "0", "1e9", "1000000000", "9" * 400, "½", "٣", "1.5", "NaN", "", "\0", "last"]
# Those that pages read, and others.
PARAMETERS = ["page", "q", "country", "theme", "year", "order", "language", "format", "next", "preview", "p"]

pieces = st.one_of(st.sampled_from(NASTY), st.binary(max_size=12), st.sampled_from(PATHS))
paths = st.tuples(st.sampled_from(PATHS), st.lists(pieces, max_size=3).map(b"".join)).map(b"".join)
values = st.one_of(
    st.sampled_from(NUMBERS).map(str.encode),
    st.sampled_from(NASTY),
    st.binary(max_size=20),
    # Texts that would take very long if they were used as regular expressions, and a very long text.
    st.sampled_from([b"(a+)+$", b"^(([a-z])+.)+[A-Z]", b"a" * 100_000]),
)
queries = st.lists(st.tuples(st.sampled_from(PARAMETERS), values), max_size=4)
# As WSGI servers pass them on: without line ends, and each byte as a character of Latin-1.
header_values = st.one_of(st.sampled_from(NASTY), st.binary(max_size=40)).map(
    lambda data: data.translate(None, b"\r\n").decode("latin-1")
)
HEADERS = ["Accept-Language", "Range", "Cookie", "If-Modified-Since", "If-None-Match", "Accept-Encoding"]
ODD_HEADERS = ["bytes=0-", "bytes=9-1", "bytes=-1,0-0", "fr;q=x", "gzip;q=-1", "W/"]
ODD_HEADERS += ["sessionid=\0; csrftoken=x"]
odd_values = st.one_of(header_values, st.sampled_from(ODD_HEADERS))
headers = st.dictionaries(st.sampled_from(HEADERS), odd_values, max_size=3)


@pytest.fixture
def pages():
    builders.make_story("Long road", countries=["KE"], themes=["Mining"])
    with committed.caches_in_use():
        yield


@fuzzing.thoroughly(EXAMPLES)
@given(path=paths, query=queries, sent=headers)
# Hypothesis tries these each time, besides the random ones.
@example(path=b"/stories/", query=[("page", b"-1")], sent={})
@example(path=b"/stories/", query=[("page", b"1e9")], sent={})
@example(path=b"/stories/long-road/", query=[], sent={"Range": "bytes=0-1"})
def test_no_request_causes_a_server_error(client, pages, path, query, sent):
    client.raise_request_exception = False
    words = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in query)
    # In PATH_INFO, because the test client would normalise a path argument.
    address = {"PATH_INFO": path.decode("latin-1"), "QUERY_STRING": words}
    assert client.generic("GET", "/", **address, headers=sent).status_code < 500, (path, query, sent)


@pytest.mark.sqlite_only
@fuzzing.thoroughly(EXAMPLES)
@given(marks=st.sampled_from(["<script>x</script>", '"><b>x', "' onload=x"]), path=st.sampled_from(PATHS))
def test_no_page_contains_user_input_as_markup(client, pages, path, marks):
    client.raise_request_exception = False
    for answer in (
        client.generic("GET", "/", PATH_INFO=path.decode() + marks),
        client.get(path.decode(), {"q": marks, "page": marks, "country": marks}),
    ):
        # A file may be streamed: it has no content here.
        assert answer.streaming or marks not in answer.content.decode(errors="replace")
