"""nginx with deploy/nginx.conf: how many searches and suggestions one address may ask for, and nothing else.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import pytest

pytestmark = pytest.mark.sqlite_only

READERS = 50  # behind one address


# (address, how many requests of each reader are answered at once)
@pytest.mark.parametrize(
    ("address", "each"),
    [("/search/?q=", 2), ("/fr/search/?q=", 2), ("/search/suggestions/?q=", 4), ("/ar/search/suggestions/?q=", 4)],
)
def test_a_flood_of_searches_is_refused_and_nothing_else(upstream, front, tmp_path, address, each):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    answers = (front.ask(f"{address}{number}") for number in range(5000))
    number, refused = next(found for found in enumerate(answers) if found[1].status != 200)
    assert number >= READERS * each
    assert (refused.status, refused.content) == (503, b"<p>Call 0800 1234.</p>")
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("30", "no-store")
    for page in ("/get-help/", "/stories/?q=", "/about/search/"):
        assert {front.ask(f"{page}?{number}").status for number in range(READERS * each)} == {200}
    assert (front.folder / "error.log").read_text() == "", "what nginx counts is in no file"


def test_a_refusal_of_the_site_is_passed_on(upstream, front, tmp_path):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    upstream.status, upstream.headers = "503 Service Unavailable", {"Retry-After": "7"}
    busy = front.ask("/search/?q=words")
    assert (busy.status, busy.content, busy.headers["Retry-After"]) == (503, b"Words.", "7")
