"""Checks of the whole site: migrations, and what all public pages have or lack."""

import pytest
from django.core.management import call_command

from tests.support.builders import make_index, make_plain_page, make_story

pytestmark = pytest.mark.django_db


def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.fixture(scope="module")
def addresses(module_transaction):
    """The addresses of pages of all kinds. The tests that take this fixture share these pages."""
    story = make_story(
        "A story", parent=make_index(make_index(), "Africa"), countries=["KE"], themes=["Mining"]
    )
    make_plain_page("About")
    return [
        "/",
        "/stories/",
        "/stories/africa/",
        "/stories/?country=kenya",
        "/stories/country/kenya/",
        "/stories/theme/mining/",
        story.url,
        "/about/",
        "/search/",
        "/search/?q=words",
        "/no-such-page/",
    ]


@pytest.mark.sqlite_only
def test_public_pages_set_no_cookie_and_load_nothing_from_other_hosts(client, addresses):
    for address in addresses:
        response = client.get(address)
        assert not response.cookies, address
        assert response.text.count("<h1") == 1, address
        assert response.text.count("<main") == 1, address
        for forbidden in (
            "csrfmiddlewaretoken",
            'src="http',
            'srcset="http',
            '<link rel="stylesheet" href="http',
            "@import",
        ):
            assert forbidden not in response.text, address


def test_page_is_not_served_at_the_url_of_another_language(client, addresses):
    for address in addresses:
        if not address.startswith("/search"):
            assert client.get(f"/fr{address}").status_code == 404, address
