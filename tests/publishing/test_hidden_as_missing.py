"""A hidden page answers as one that doesn't exist: to every method, with the same queries. So do terms.

Otherwise the answer, or the time that it takes, would tell that there is such a slug, which can be a name.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from publishing.hiding import hide
from tests.support.builders import home_page, make_index, make_story
from tests.support.committed import caches_in_use
from tests.support.hidden_pages import WAYS_TO_HIDE, draft, hidden_at_once, of_a_person_who_withdrew
from tests.support.undone import undone

pytestmark = pytest.mark.django_db
METHODS = ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"]
# What differs in each response or query: CSRF tokens, times and all literals.
VARIABLE = re.compile(r"'[^']*'|\b\d[\d.]*\b|%s|value=\"\w+\"")


def answer(client, method, address):
    """Return what a visitor can see or measure: status, headers, length, and the kinds of queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.generic(method, address)
    # A process reads the content version at times, whatever is requested.
    sql = [VARIABLE.sub("?", query["sql"]) for query in queries if "caching_change" not in query["sql"]]
    return response.status_code, dict(response.headers), len(response.content), sql


def find_differences(client, hidden, missing, methods=METHODS):
    """Yield the methods to which the address `hidden` answers in another way than `missing`, with both."""
    for method in methods:
        found, expected = (answer(client, method, address) for address in (hidden, missing))
        if found != expected:
            yield method, hidden, found, expected


def test_hidden_page_answers_as_a_missing_one(client):
    differences = []
    for make_hidden in [*WAYS_TO_HIDE, lambda: hidden_at_once(make_index(make_index(), "Part"))]:
        with undone():
            hidden = make_hidden().url
            if client.get(hidden).status_code == 302:  # a private page, which asks for the login
                continue
            missing = f"{hidden.rstrip('/')[:-1]}_/"  # as long, and in the same section
            differences += find_differences(client, hidden, missing, ["GET"])
            with caches_in_use():
                client.get(missing)  # It fills the caches.
                differences += find_differences(client, hidden, missing)
    hide(home_page())
    differences += [method for method in METHODS if answer(client, method, "/")[0] != 404]
    assert not differences


@pytest.mark.parametrize("address", ["/stories/{}/{}/", "/stories/{}/{}/feed.atom", "/stories/?{}={}"])
def test_term_of_hidden_stories_answers_as_a_missing_one(client, address):
    make_story()
    for make_hidden in (draft, hidden_at_once, of_a_person_who_withdrew):
        make_hidden()
    client.get(address.format("theme", "missing"))  # Django caches content types for the next requests.
    for name, hidden, missing in (("theme", "kept-quiet", "kept-qu_et"), ("country", "kenya", "ken_a")):
        assert not list(find_differences(client, address.format(name, hidden), address.format(name, missing)))
