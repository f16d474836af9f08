"""The admin's users: no two have the same e-mail address, and only superusers change superusers."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.support import builders, signing_in
from tests.support.signing_in import ACCOUNT, ADD_USER, USER_DATA, USERS, account_form, email_of

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager():
    """A user who may do everything with users, and is no superuser."""
    user = builders.make_user("Moderators", username="manager")
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    return user


# --- E-mail addresses ----------------------------------------------------------------------------


def test_address_of_another_account_is_refused_in_every_form(admin, amina):
    taken, own = builders.make_user("Editors").email.upper(), amina.email
    edit = USER_DATA | {"is_active": "on", "email": taken}
    client = client_of(amina)
    attempts = [
        client.post(ACCOUNT, account_form(client, **{"email-email": taken})),
        client_of(admin).post(f"/admin/users/edit/{amina.pk}/", edit),
        client_of(admin).post(ADD_USER, signing_in.new_user_data(username="new", email=taken)),
    ]
    for response in attempts:
        assert "This e-mail address can't be used here." in builders.parse(response).main.text
    assert email_of(amina) == own
    assert not get_user_model().objects.filter(username="new").exists()


def test_own_address_may_be_spelled_in_another_way(admin, amina):
    client = client_of(amina)
    for email in (amina.email, amina.email.lower()):
        assert client.post(ACCOUNT, account_form(client, **{"email-email": email})).status_code == 302
        assert email_of(amina) == email
    edit = USER_DATA | {"is_active": "on", "first_name": "Another", "email": amina.email}
    assert client_of(admin).post(f"/admin/users/edit/{amina.pk}/", edit).status_code == 302
    assert get_user_model().objects.get(pk=amina.pk).first_name == "Another"


# --- Superusers ----------------------------------------------------------------------------------


@pytest.fixture
def invited_admin(admin):
    """A superuser who has not yet chosen a password: only such a user can be invited again."""
    admin.set_unusable_password()
    admin.save()
    return admin


def test_only_superusers_change_superusers(admin, manager):
    role = manager.groups.get().pk
    before = get_user_model().objects.filter(pk=admin.pk).values().get()
    client = client_of(manager)
    bulk = f"/admin/bulk/auth/user/{{}}/?id={admin.pk}"
    for address, data in {
        f"/admin/users/edit/{admin.pk}/": USER_DATA,
        f"/admin/users/delete/{admin.pk}/": {},
        bulk.format("set_active_state"): {"mark_as_active": "False"},
        bulk.format("assign_role"): {"role": role},
        bulk.format("delete"): {},
    }.items():
        client.post(address, data)
        assert get_user_model().objects.filter(pk=admin.pk).values().get() == before, address
    assert not admin.groups.exists()


def test_invitation_of_a_superuser_is_sent_by_superusers_only(invited_admin, manager, mailoutbox):
    address = f"/admin/users/invite/{invited_admin.pk}/"
    superuser = client_of(builders.make_user(is_superuser=True))
    assert builders.parse(superuser.get(USERS)).select(f"a[href='{address}']")
    assert not builders.parse(client_of(manager).get(USERS)).select(f"a[href='{address}']")
    assert client_of(manager).post(address)["Location"] == "/admin/"
    assert not mailoutbox
    superuser.post(address)
    assert [message.to for message in mailoutbox] == [[invited_admin.email]]


def test_only_superusers_make_superusers(admin, manager, amina):
    box = {"is_superuser": "on", "is_active": "on"}
    for maker, expected in ((manager, False), (admin, True)):
        client, name = client_of(maker), f"made-by-{maker}"
        client.post(ADD_USER, signing_in.new_user_data(**box, username=name, email=f"{name}@example.org"))
        assert get_user_model().objects.get(username=name).is_superuser == expected
        client.post(f"/admin/users/edit/{amina.pk}/", USER_DATA | box | {"first_name": name})
        amina.refresh_from_db()
        assert (amina.first_name, amina.is_superuser) == (name, expected)


def test_manager_changes_others(manager, amina):
    address = f"/admin/bulk/auth/user/set_active_state/?id={amina.pk}"
    client_of(manager).post(address, {"mark_as_active": "False"})
    assert not get_user_model().objects.get(pk=amina.pk).is_active


def test_managers_change_their_own_account(manager):
    address = f"/admin/users/edit/{manager.pk}/"
    assert client_of(manager).get(address).status_code == 200
    client_of(manager).post(address, USER_DATA | {"username": manager.username, "first_name": "Another"})
    manager.refresh_from_db()
    assert manager.first_name == "Another"


def test_user_is_not_copied(admin):
    """A copy would be made without an invitation, and with the rights of the original."""
    assert client_of(admin).get(f"/admin/users/copy/{admin.pk}/").status_code == 404
