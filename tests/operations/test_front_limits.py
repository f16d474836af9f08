"""nginx with deploy/nginx.conf: how many searches and suggestions one address may ask for, and nothing else.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import pytest

pytestmark = pytest.mark.sqlite_only


# (address, how many requests are answered at once: those of 50 readers)
@pytest.mark.parametrize(("address", "number"), [("/fr/search/?q=", 100), ("/search/suggestions/?q=", 200)])
def test_a_flood_of_searches_is_refused_and_nothing_else(upstream, front, tmp_path, address, number):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    answers = (front.ask(f"{address}{count}") for count in range(5000))
    count, refused = next(found for found in enumerate(answers) if found[1].status != 200)
    assert (count >= number, refused.status, refused.content) == (True, 503, b"<p>Call 0800 1234.</p>")
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("30", "no-store")
    for page in ("/get-help/?", "/stories/?q=", "/about/search/?"):
        assert {front.ask(f"{page}{count}").status for count in range(number)} == {200}
    assert (front.folder / "error.log").read_text() == "", "what nginx counts is in no file"
