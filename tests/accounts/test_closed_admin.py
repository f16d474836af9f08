"""The admin is closed to visitors, to users without their second factor, and for some routes to old proof.

The other files of this folder test the routes that change one's own account and second factors.
"""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from accounts.reauthentication import PROTECTED_VIEWS
from tests.support import admin_world
from tests.support.routes import FAILING, FORM, Addresses, admin_addresses, changes, routes
from tests.support.second_factor import PAGE, signed_in_without_proof
from tests.support.signing_in import LOGIN, signed_in
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# Routes that need no login.
RESET = ("", "done/", "complete/", "confirm/<uidb64>/<token>/")
OPEN_ROUTES = {f"admin/password_reset/{part}" for part in RESET}
OPEN_ROUTES |= {LOGIN[1:], "admin/invitation/<uidb64>/<token>/", "admin/jsi18n/", "admin/sprite/"}
# Without an identity provider in the settings, these respond with 404 to everybody.
SINGLE_SIGN_ON_ROUTES = {"admin/single-sign-on/", "admin/single-sign-on/done/"}
# Routes that a user may open after the password and before the second factor.
PENDING_ROUTES = {PAGE[1:]} | OPEN_ROUTES - {LOGIN[1:], "admin/password_reset/", "admin/password_reset/done/"}


@pytest.mark.usefixtures("factor_required")
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


# --- Changes of users and groups need a recent proof: PROTECTED_VIEWS lists every route -----------


# Models that decide who can sign in, and with which permissions.
GUARDED = {
    *("auth.User", "auth.User_groups", "auth.User_user_permissions", "auth.Group", "auth.Group_permissions"),
    *("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken", "accounts.Passkey"),
    *("wagtailcore.GroupPagePermission", "wagtailcore.GroupCollectionPermission"),
}
# Routes of users and groups that change nothing, by the last part of their name.
READ_ONLY = {"index", "index_results", "history", "history_results", "usage"}


def guarded_rows():
    """Return the rows of the models in GUARDED, without the times of the last sign-in."""
    rows = {}
    for name in GUARDED:
        model = apps.get_model(name)
        names = [field.attname for field in model._meta.concrete_fields if field.name != "last_login"]
        rows[name] = sorted(map(str, model.objects.values_list(*names)))
    return rows


def models_changed_by(client, name, address, data, before):
    """Return the names of the models in GUARDED that a POST changes. The change is rolled back.

    `before`: the rows of these models now. They are compared only if one of their tables is written to.
    A server error fails the test: tests/editing/access/test_admin_routes.py sends a POST only to some routes.
    """
    tables = {apps.get_model(name)._meta.db_table for name in GUARDED}
    with undone():
        with changes() as written:
            response = client.post(address, data)
            if response.streaming:
                response.getvalue()  # The code of such a response runs only when it is read.
        assert response.status_code < 500 or name in FAILING, name
        if tables.isdisjoint(written):
            return set()
        return {name for name, rows in guarded_rows().items() if rows != before[name]}


def filled_in_form():
    """Return form data that is valid for all of Wagtail's views of users and groups."""
    data = FORM | {"username": "new", "email": "new@example.org", "first_name": "N", "last_name": "N"}
    data |= {"is_superuser": "on", "name": "New", "role": Group.objects.first().pk, "mark_as_active": "False"}
    for kind in ("page", "collection", "image", "document"):
        numbers = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
        data |= {f"{kind}_permissions-{name}": value for name, value in numbers.items()}
    return data | {"email-email": "new@example.org"}  # which on the account page needs a proof


@pytest.mark.usefixtures("media_root")
def test_no_route_changes_accounts_without_recent_proof(client, admin):
    section = admin_world.make_section("Section", "Plain")
    client.force_login(admin)
    fresh_cookies = client.cookies.copy()
    stale = signed_in_without_proof(admin)
    stale.raise_request_exception = False  # one of Wagtail's views fails on purpose
    stale_cookies = stale.cookies.copy()
    addresses, form = list(Addresses(section)), filled_in_form()
    writing, before = set(), guarded_rows()
    for name, address in addresses:
        stale.cookies = stale_cookies.copy()  # one of the routes signs out
        assert models_changed_by(stale, name, address, form, before) == set(), name
        if name.partition(" ")[0] in PROTECTED_VIEWS:
            client.cookies = fresh_cookies.copy()
            if models_changed_by(client, name, address, form, before):
                writing.add(name)
    assert writing == {
        *(f"wagtailusers_users:{name}" for name in ("add", "delete", "edit")),
        *(f"wagtailusers_groups:{name}" for name in ("add", "delete", "edit")),
        *(f"wagtail_bulk_action user {name}" for name in ("assign_role", "delete", "set_active_state")),
    }


def test_protected_views_has_every_route_of_users_and_groups():
    about = [name for name, pattern in routes() if pattern.startswith(("admin/users/", "admin/groups/"))]
    assert len(about) > 10, "routes() finds them"
    assert {name for name in about if name.rpartition(":")[2] not in READ_ONLY} <= PROTECTED_VIEWS.keys()
