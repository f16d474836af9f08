"""The admin's users: no two have the same e-mail address, and only superusers change superusers."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.accounts.test_invitations import ADD, NEW
from tests.accounts.test_reauthentication import account_form, email_of
from tests.accounts.test_sessions import ACCOUNT
from tests.support import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.SECOND_FACTOR = "NOBODY"


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin():
    return builders.make_user(username="admin", is_superuser=True)


@pytest.fixture
def manager():
    """A user who may do everything with users, and is no superuser."""
    user = builders.make_user("Moderators", username="manager")
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    return user


# --- E-mail addresses ----------------------------------------------------------------------------


def test_address_of_another_account_is_refused_in_every_form(admin):
    victim, user = builders.make_user("Editors"), builders.make_user("Editors", username="amina")
    taken, own = victim.email.upper(), user.email
    edit = NEW | {"is_active": "on", "email": taken}
    client = client_of(user)
    attempts = [
        client.post(ACCOUNT, account_form(client, **{"email-email": taken})),
        client_of(admin).post(f"/admin/users/edit/{user.pk}/", edit),
        client_of(admin).post(ADD, NEW | {"username": "new", "email": taken}),
    ]
    for response in attempts:
        assert "This e-mail address can't be used here." in builders.parse(response).main.text
    assert email_of(user) == own
    assert not get_user_model().objects.filter(username="new").exists()


def test_own_address_is_kept_and_written_in_another_way(admin):
    user = builders.make_user("Editors", username="amina")
    client = client_of(user)
    for email in (user.email, user.email.capitalize()):
        assert client.post(ACCOUNT, account_form(client, **{"email-email": email})).status_code == 302
        assert email_of(user) == email
    edit = NEW | {"is_active": "on", "email": user.email}
    assert client_of(admin).post(f"/admin/users/edit/{user.pk}/", edit).status_code == 302
    assert get_user_model().objects.get(pk=user.pk).first_name == "Amina"


# --- Superusers ----------------------------------------------------------------------------------


def test_only_superusers_change_superusers(admin, manager):
    admin.set_unusable_password()
    admin.save()
    role = manager.groups.get().pk
    before = get_user_model().objects.filter(pk=admin.pk).values().get()
    client = client_of(manager)
    bulk = f"/admin/bulk/auth/user/{{}}/?id={admin.pk}"
    for address, data in {
        f"/admin/users/edit/{admin.pk}/": NEW,
        f"/admin/users/delete/{admin.pk}/": {},
        f"/admin/users/invite/{admin.pk}/": {},
        f"/admin/users/second-factor/{admin.pk}/": {},
        bulk.format("set_active_state"): {"mark_as_active": "False"},
        bulk.format("assign_role"): {"role": role},
        bulk.format("delete"): {},
    }.items():
        client.post(address, data)
        assert get_user_model().objects.filter(pk=admin.pk).values().get() == before, address
    assert not admin.groups.exists()
    assert not builders.parse(client.get("/admin/users/")).select("a[href*='/users/invite/']")


def test_invitation_of_a_superuser_is_sent_by_superusers_only(admin, manager, mailoutbox):
    admin.set_unusable_password()
    admin.save()
    address = f"/admin/users/invite/{admin.pk}/"
    assert client_of(manager).post(address)["Location"] == "/admin/"
    assert not mailoutbox
    client_of(builders.make_user(is_superuser=True)).post(address)
    assert [message.to for message in mailoutbox] == [[admin.email]]


def test_only_superusers_make_superusers(admin, manager):
    user = builders.make_user("Editors", username="amina")
    box = {"is_superuser": "on", "is_active": "on"}
    for maker, expected in ((manager, False), (admin, True)):
        client, name = client_of(maker), f"made-by-{maker}"
        client.post(ADD, NEW | box | {"username": name, "email": f"{name}@example.org"})
        assert get_user_model().objects.get(username=name).is_superuser == expected
        client.post(f"/admin/users/edit/{user.pk}/", NEW | box | {"first_name": name})
        user.refresh_from_db()
        assert (user.first_name, user.is_superuser) == (name, expected)


def test_manager_changes_others(manager):
    user = builders.make_user("Editors")
    client = client_of(manager)
    client.post(f"/admin/bulk/auth/user/set_active_state/?id={user.pk}", {"mark_as_active": "False"})
    assert not get_user_model().objects.get(pk=user.pk).is_active


def test_managers_change_their_own_account(manager):
    address = f"/admin/users/edit/{manager.pk}/"
    assert client_of(manager).get(address).status_code == 200
    client_of(manager).post(address, NEW | {"username": manager.username, "first_name": "Another"})
    manager.refresh_from_db()
    assert (manager.first_name, manager.is_superuser) == ("Another", False)


def test_user_is_not_copied(admin):
    """A copy would be made without an invitation, and with the rights of the original."""
    assert client_of(admin).get(f"/admin/users/copy/{admin.pk}/").status_code == 404
