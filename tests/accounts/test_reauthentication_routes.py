"""Every route that changes accounts, groups or second factors needs recent proof, as a table says."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from accounts.reauthentication import PROTECTED_VIEWS
from tests.accounts.test_reauthentication import make_stale
from tests.support import admin_world, builders
from tests.support.routes import FORM, Addresses, routes

pytestmark = [
    pytest.mark.django_db,
    # Wagtail 8.0 sends its mails by a function that Django 6.1 calls deprecated.
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]

# What lets somebody into an account, or into more of the admin.
GUARDED = {
    *("auth.User", "auth.User_groups", "auth.User_user_permissions", "auth.Group", "auth.Group_permissions"),
    *("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken", "accounts.Passkey"),
    *("wagtailcore.GroupPagePermission", "wagtailcore.GroupCollectionPermission"),
}
# Routes of users and groups that change nothing.
READ_ONLY = {"index", "index_results", "history", "history_results", "usage"}


def guarded_rows():
    """Return all that the guarded tables hold, but when somebody last signed in."""
    rows = {}
    for name in GUARDED:
        model = apps.get_model(name)
        names = [field.attname for field in model._meta.concrete_fields if field.name != "last_login"]
        rows[name] = sorted(map(str, model.objects.values_list(*names)))
    return rows


def changed_by(client, address, data):
    with transaction.atomic():
        before = guarded_rows()
        response = client.post(address, data)
        if response.streaming:
            response.getvalue()
        changed = {name for name, rows in guarded_rows().items() if rows != before[name]}
        transaction.set_rollback(True)
    return changed


def everything():
    """Return form data with which Wagtail's views of users and groups have something to save."""
    data = FORM | {"username": "new", "email": "new@example.org", "first_name": "N", "last_name": "N"}
    data |= {"is_superuser": "on", "name": "New", "role": Group.objects.first().pk, "mark_as_active": "False"}
    for kind in ("page", "collection", "image", "document"):
        numbers = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
        data |= {f"{kind}_permissions-{name}": value for name, value in numbers.items()}
    return data | {"name_email-email": "new@example.org"}


@pytest.mark.usefixtures("store")
def test_no_route_changes_accounts_without_recent_proof(client):
    admin = builders.make_user(username="admin", is_superuser=True)
    section = admin_world.make_section("Section", "Plain")
    client.force_login(admin)
    fresh = client.cookies.copy()
    stale = Client()
    stale.force_login(admin)
    make_stale(stale)
    stale_cookies = stale.cookies.copy()
    stale.raise_request_exception = False  # one of Wagtail's views is there to fail
    writing = set()
    for name, address in Addresses(section):
        stale.cookies = stale_cookies.copy()
        assert changed_by(stale, address, everything()) == set(), name
        if name.partition(" ")[0] in PROTECTED_VIEWS:
            client.cookies = fresh.copy()
            if changed_by(client, address, everything()):
                writing.add(name)
    assert writing == {
        *(f"wagtailusers_users:{name}" for name in ("add", "copy", "delete", "edit")),
        *(f"wagtailusers_groups:{name}" for name in ("add", "delete", "edit")),
        *(f"wagtail_bulk_action user {name}" for name in ("assign_role", "delete", "set_active_state")),
    }


def test_table_has_every_route_of_users_and_groups():
    about = [name for name, pattern in routes() if pattern.startswith(("admin/users/", "admin/groups/"))]
    assert len(about) > 10
    assert [
        name for name in about if name.rpartition(":")[2] not in READ_ONLY and name not in PROTECTED_VIEWS
    ] == []
