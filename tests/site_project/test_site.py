"""Checks of the whole site: migrations, and what all public pages have or lack."""

import re

import pytest
from django.core.management import call_command

from tests.support.builders import make_index, make_plain_page, make_story

pytestmark = pytest.mark.django_db


def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.fixture(scope="module")
def addresses(module_transaction):
    """The addresses of pages of all kinds. The tests that take this fixture share these pages."""
    make_story("A story", parent=make_index(make_index(), "Africa"), countries=["KE"], themes=["Mining"])
    make_plain_page("About")
    lists = ["", "africa/", "?country=kenya", "country/kenya/", "theme/mining/", "africa/a-story/"]
    others = ["/", "/about/", "/search/", "/search/?q=words", "/no-such-page/"]
    return [*others, *(f"/stories/{path}" for path in lists)]


@pytest.mark.sqlite_only
def test_public_pages_set_no_cookie_and_load_nothing_from_other_hosts(client, addresses):
    for address in addresses:
        response = client.get(address)
        assert not response.cookies, address
        assert response.text.count("<h1") == 1, address
        assert response.text.count("<main") == 1, address
        forbidden = """csrfmiddlewaretoken|src="http|srcset="http|<link rel="stylesheet" href="http|@import"""
        assert not re.search(forbidden, response.text), address


def test_page_is_not_served_at_the_url_of_another_language(client, addresses):
    for address in addresses:
        if not address.startswith("/search"):
            assert client.get(f"/fr{address}").status_code == 404, address
