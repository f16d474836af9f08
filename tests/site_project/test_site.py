"""Checks of the whole site: migrations, access to the admin, cookies, headings and other hosts."""

import re

import pytest
from django.core.management import call_command
from django.urls import URLPattern, get_resolver
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RegexPattern
from django.utils.regex_helper import normalize

from tests.support.builders import make_index, make_plain_page, make_story

pytestmark = pytest.mark.django_db

# Values for the arguments of routes, by name.
VALUES = {"app_label": "stories", "model_name": "theme", "content_type_app_name": "stories"}
VALUES |= {"content_type_model_name": "storypage", "filter_spec": "width-100", "mode": "default"}
UUID = "5a3a1c6e-6a0e-4a37-8f6b-0f3a1c6e6a0e"
# Routes of the admin that need no login.
EXEMPT_ROUTES = {
    "admin/login/",
    "admin/password_reset/",
    "admin/password_reset/done/",
    "admin/password_reset/complete/",
    "admin/password_reset/confirm/<uidb64>/<token>/",
    "admin/invitation/<uidb64>/<token>/",
    "admin/jsi18n/",
    "admin/sprite/",
}


def admin_patterns(patterns=None, route="", prefix="admin/"):
    """Yield (route, pattern) for every URL pattern below `prefix`."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = route + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLPattern):
            if here.startswith(prefix):
                yield here.rstrip("$"), pattern
        elif here.startswith(prefix) or prefix.startswith(here):
            yield from admin_patterns(pattern.url_patterns, here, prefix)


def address_of(pattern, route):
    """Return an address that `pattern` matches, with values of the right type for its arguments."""
    if isinstance(pattern.pattern, RegexPattern):
        shape, names = normalize(route)[0]
        return "/" + shape % {name: VALUES.get(name, "1") for name in names}
    address = "/" + route
    for name, converter in pattern.pattern.converters.items():
        value = UUID if isinstance(converter, UUIDConverter) else VALUES.get(name, "1")
        address = re.sub(rf"<(\w+:)?{name}>", value, address)
    return address


def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_admin_redirects_visitors_to_the_login(client):
    routes = {route: pattern for route, pattern in admin_patterns() if route not in EXEMPT_ROUTES}
    assert len(routes) > 150, "the walk finds the whole admin"
    opened = []
    for route, pattern in routes.items():
        address = address_of(pattern, route)
        for method in (client.get, client.post):
            response = method(address)
            to_login = response.status_code == 302 and "/admin/login/" in response["Location"]
            if not to_login and response.status_code not in {403, 404, 405}:
                opened.append((method.__name__, route, response.status_code))
    assert opened == []


def public_addresses():
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


def test_public_pages_set_no_cookie_and_have_one_main_heading(client):
    for address in public_addresses():
        response = client.get(address)
        page = response.content.decode()
        assert not response.cookies, address
        assert page.count("<h1") == 1, address
        assert page.count("<main") == 1, address
        assert "csrfmiddlewaretoken" not in page, address


def test_pages_load_nothing_from_other_hosts(client):
    for address in public_addresses():
        page = client.get(address).content.decode()
        for attribute in ('src="http', 'srcset="http', '<link rel="stylesheet" href="http', "@import"):
            assert attribute not in page, address


def test_page_is_not_served_at_the_url_of_another_language(client):
    for address in public_addresses():
        if address.startswith("/search"):
            continue
        assert client.get(f"/fr{address}").status_code == 404, address
