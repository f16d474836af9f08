"""The admin is closed to visitors, and to users who have not given their second factor yet."""

import pytest

from tests.support.routes import admin_addresses
from tests.support.second_factor import PAGE
from tests.support.signing_in import LOGIN, signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("db", "factor_required")]

# Routes that need no login.
RESET = ("", "done/", "complete/", "confirm/<uidb64>/<token>/")
OPEN_ROUTES = {f"admin/password_reset/{part}" for part in RESET}
OPEN_ROUTES |= {LOGIN[1:], "admin/invitation/<uidb64>/<token>/", "admin/jsi18n/", "admin/sprite/"}
# Without an identity provider in the settings, these respond with 404 to everybody.
SINGLE_SIGN_ON_ROUTES = {"admin/single-sign-on/", "admin/single-sign-on/done/"}
# Routes that a user may open after the password and before the second factor.
PENDING_ROUTES = {PAGE[1:]} | OPEN_ROUTES - {LOGIN[1:], "admin/password_reset/", "admin/password_reset/done/"}


@pytest.mark.parametrize(("open_routes", "target"), [(OPEN_ROUTES, LOGIN), (PENDING_ROUTES, PAGE)])
def test_every_other_route_redirects(admin, client, open_routes, target):
    client = client if target == LOGIN else signed_in(admin)
    addresses = admin_addresses()
    assert open_routes < addresses.keys()
    closed = addresses.keys() - open_routes - SINGLE_SIGN_ON_ROUTES
    assert len(closed) > 150, "admin_addresses() finds the whole admin"
    opened = []
    for pattern in sorted(closed):
        for method in (client.get, client.post):
            response = method(addresses[pattern])
            if response.status_code != 302 or not response["Location"].startswith(target):
                opened.append((method.__name__, pattern, response.status_code))
    assert opened == []
