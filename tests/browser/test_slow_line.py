"""On a slow line, where the HTML of a page arrives in parts, nothing moves that is already there."""

import itertools

import pytest

from tests.support.measures import ARRIVE_IN_PARTS, SHIFTS
from tests.support.three_languages import make_site_in_three_languages

pytestmark = pytest.mark.sqlite_only

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# (language, page of the site, query string). A year has one story: the page is shorter than the window, and
# has an active filter. Countries have three stories, two and one.
PAGES = [
    ("en", "home", ""),
    ("fr", "home", ""),
    ("ar", "home", ""),
    ("en", "list", ""),
    ("en", "list", "?year=2021"),
    ("en", "country", ""),
    ("fr", "country", ""),
    ("ar", "country", ""),
    ("en", "search", ""),
    ("en", "search", "&year=2021"),
    # A page without a picture.
    ("en", "search", "&q=organisation"),
    ("en", "story", ""),
]


@pytest.mark.usefixtures("transactional_db")
def test_nothing_moves_while_a_page_arrives(new_page, live_server):
    page, problems = new_page(), []
    addresses = make_site_in_three_languages()
    for (language, name, query), size in itertools.product(PAGES, [PHONE, DESKTOP]):
        page.set_viewport_size(size)
        page.goto(f"{live_server.url}/robots.txt")
        page.evaluate(ARRIVE_IN_PARTS, addresses[language, name] + query)
        where = f"{name}{query}, {language}, {size['width']}"
        problems += [f"{where}: the layout shifts by {shift}" for shift in page.evaluate(SHIFTS, 0)]
    assert not problems, "\n".join(problems)
