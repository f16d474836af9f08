"""Users in the admin: invitations, e-mail addresses, and superusers.

New users get a link and choose their own password, which nobody else knows. No two users have the same e-mail
address, and only superusers change superusers.
"""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client

from tests.support import builders, signing_in
from tests.support.builders import client_of
from tests.support.signing_in import ADD_USER, LOGIN, NEW_PASSWORD, USER_DATA, USERS, link_in, new_user_data

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# The mail backend of a site without a mail server.
NO_MAIL_SERVER = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}


def invite(admin_client):
    """Create an account as `admin_client`, and return the link in the invitation."""
    admin_client.post(ADD_USER, new_user_data())
    return signing_in.last_link("invitation")


def choose(link, password=NEW_PASSWORD):
    """Follow a link in a new browser and choose a password; return the last response."""
    browser = Client()
    page = browser.get(link, follow=True)
    # Without a redirect, the link is not valid.
    return signing_in.choose_password(browser, page, password) if page.redirect_chain else page


def can_sign_in(password=NEW_PASSWORD):
    return Client().post(LOGIN, {"username": "amina", "password": password}).status_code == 302


def test_new_user_gets_a_link_and_chooses_a_password(admin_client):
    form = builders.parse(admin_client.get(ADD_USER)).select_one("form[method=POST]")
    assert "password" not in form.text.lower()
    assert [group for group in Group.objects.all() if f"{group} – " not in form.text] == []
    password = "of-the-administrator-44"
    response = admin_client.post(ADD_USER, new_user_data(password1=password, password2=password))
    assert response["Location"] == USERS
    [message] = mail.outbox
    assert (message.to, message.subject) == (["amina@example.org"], "Your account at Stories")
    for words in ("Your user name: amina", "within 3 days", "The link works once."):
        assert words in message.body
    assert not can_sign_in(password) and not can_sign_in("")
    assert "Account: <b>amina</b>" in Client().get(link_in(message.body, "invitation"), follow=True).text
    assert choose(link_in(message.body, "invitation"))["Location"] == LOGIN
    assert can_sign_in()
    assert "works no longer" in choose(link_in(message.body, "invitation"), "third-lantern-road-44").text
    assert can_sign_in()


@pytest.mark.parametrize("password", ["password1234: too common", "road-lamp-7: at least 12 characters"])
def test_weak_password_is_refused(admin_client, password):
    password, words = password.split(": ")
    assert words in choose(invite(admin_client), password).text
    assert not can_sign_in(password)


def invited_user(role):
    """Return a new user who has chosen no password yet."""
    user = builders.make_user(role)
    user.set_unusable_password()
    return builders.save_with(user)


def test_link_is_for_one_account_and_one_purpose(admin_client):
    _admin, _invitation, uid, token, _end = invite(admin_client)[1:].split("/")
    other_uid = invite_again(admin_client, invited_user("Editors")).split("/")[3]
    assert "works no longer" in choose(f"/admin/invitation/{other_uid}/{token}/").text
    reset = Client().get(f"/admin/password_reset/confirm/{uid}/{token}/", follow=True)
    assert "Ask for a new link" in reset.text


def invite_again(admin_client, user):
    """Send a new invitation to `user` as `admin_client`, and return the link in it."""
    admin_client.post(f"/admin/users/invite/{user.pk}/")
    return signing_in.last_link("invitation")


def test_deactivated_user_cannot_choose_a_password(admin_client):
    link = invite(admin_client)
    get_user_model().objects.filter(username="amina").update(is_active=False)
    assert "works no longer" in choose(link).text


@pytest.mark.parametrize(
    ("changed_settings", "email"),
    [
        ({"SENDS_MAIL": False, "MAILERS": NO_MAIL_SERVER}, "amina@example.org"),
        ({"MAILERS": signing_in.DEAD_MAIL_SERVER}, "amina@example.org"),
        ({}, signing_in.UNSENDABLE_ADDRESS),
    ],
)
def test_without_mail_the_inviting_user_sees_the_link_once(admin_client, settings, changed_settings, email):
    for name, value in changed_settings.items():
        setattr(settings, name, value)
    response = admin_client.post(ADD_USER, new_user_data(email=email))
    assert "no mail could be sent" in response.text
    assert "no-store" in response["Cache-Control"]
    assert not any("/admin/invitation/" in admin_client.get(address).text for address in (USERS, "/admin/"))
    choose(link_in(response.text, "invitation"))
    assert can_sign_in()


# --- Inviting again and permissions --------------------------------------------------------------


def test_user_who_has_chosen_no_password_is_invited_again(admin_client):
    invite(admin_client)
    user = get_user_model().objects.get(username="amina")
    [button] = builders.parse(admin_client.get(USERS)).select("a[href*='/users/invite/']")
    assert "amina@example.org" in builders.parse(admin_client.get(button["href"])).main.text
    assert len(mail.outbox) == 1, "GET sends nothing"
    choose(invite_again(admin_client, user))
    assert can_sign_in()
    assert builders.parse(admin_client.get(USERS)).select("a[href*='/users/invite/']") == []
    assert [way(button["href"]).status_code for way in (admin_client.get, admin_client.post)] == [404, 404]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("role", [None, "Readers"])
def test_nobody_is_invited_without_a_role_that_opens_the_admin(admin_client, role):
    groups = [Group.objects.create(name=role).pk] if role else []
    again = f"/admin/users/invite/{invited_user(role).pk}/"
    for address, data in ((ADD_USER, USER_DATA | {"groups": groups}), (again, {})):
        assert "Choose a role that may use the admin." in admin_client.post(address, data, follow=True).text
    assert not get_user_model().objects.filter(username="amina").exists()
    assert mail.outbox == []


def test_inviting_needs_the_permission_to_change_users_and_nobody_sets_passwords(admin_client, amina):
    moderator, address = client_of(builders.make_user("Moderators")), f"/admin/users/edit/{amina.pk}/"
    invited = invited_user("Editors")
    assert moderator.post(f"/admin/users/invite/{invited.pk}/")["Location"] == "/admin/"
    assert mail.outbox == []
    assert builders.parse(admin_client.get(address)).select("[type=password]") == []
    data = USER_DATA | {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "is_active": "on"}
    admin_client.post(address, data)
    amina.refresh_from_db()
    assert amina.first_name == "Amina" and amina.check_password(builders.PASSWORD), "the form was saved"


# --- Users: e-mail addresses and superusers -------------------------------------------------------


@pytest.fixture
def manager():
    """A user who may do everything with users, and is no superuser."""
    user = builders.make_user("Moderators", username="manager")
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    return user


# --- E-mail addresses ----------------------------------------------------------------------------


def test_address_of_another_account_is_refused_in_every_form(admin, amina):
    taken, own, client = builders.make_user("Editors").email.upper(), amina.email, client_of(amina)
    edit = USER_DATA | {"is_active": "on", "email": taken}
    attempts = [
        client.post(signing_in.ACCOUNT, signing_in.account_form(client, **{"email-email": taken})),
        client_of(admin).post(f"/admin/users/edit/{amina.pk}/", edit),
        client_of(admin).post(ADD_USER, signing_in.new_user_data(username="new", email=taken)),
    ]
    for response in attempts:
        assert "This e-mail address can't be used here." in builders.parse(response).main.text
    assert signing_in.email_of(amina) == own
    assert not get_user_model().objects.filter(username="new").exists()


def test_own_address_may_be_spelled_in_another_way(admin, amina):
    client = client_of(amina)
    for email in (amina.email, amina.email.lower()):
        client.post(signing_in.ACCOUNT, signing_in.account_form(client, **{"email-email": email}))
        assert signing_in.email_of(amina) == email
    edit = USER_DATA | {"is_active": "on", "first_name": "Another", "email": amina.email}
    client_of(admin).post(f"/admin/users/edit/{amina.pk}/", edit)
    assert get_user_model().objects.get(pk=amina.pk).first_name == "Another"


# --- Superusers ----------------------------------------------------------------------------------


def test_invitation_of_a_superuser_is_sent_by_superusers_only(admin, manager, mailoutbox):
    admin.set_unusable_password()  # only such a user can be invited again
    admin.save()
    address = f"/admin/users/invite/{admin.pk}/"
    for maker, invited in ((manager, []), (builders.make_user(is_superuser=True), [[admin.email]])):
        links = builders.parse(client_of(maker).get(USERS)).select(f"a[href='{address}']")
        client_of(maker).post(address)
        assert (len(links), [message.to for message in mailoutbox]) == (len(invited), invited)


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


def test_only_superusers_make_superusers(admin, manager, amina):
    box = {"is_superuser": "on", "is_active": "on"}
    for maker, expected in ((manager, False), (admin, True)):
        client, name = client_of(maker), f"made-by-{maker}"
        client.post(ADD_USER, signing_in.new_user_data(**box, username=name, email=f"{name}@example.org"))
        assert get_user_model().objects.get(username=name).is_superuser == expected
        client.post(f"/admin/users/edit/{amina.pk}/", USER_DATA | box | {"first_name": name})
        amina.refresh_from_db()
        assert (amina.first_name, amina.is_superuser) == (name, expected)


def test_manager_changes_others_and_themselves_and_copies_nobody(manager, amina):
    client = client_of(manager)
    client.post(f"/admin/bulk/auth/user/set_active_state/?id={amina.pk}", {"mark_as_active": "False"})
    assert not get_user_model().objects.get(pk=amina.pk).is_active
    edit = USER_DATA | {"username": manager.username, "email": manager.email, "first_name": "Another"}
    client.post(f"/admin/users/edit/{manager.pk}/", edit)
    assert get_user_model().objects.get(pk=manager.pk).first_name == "Another"
    # A copy would be made without an invitation, and with the rights of the original.
    superuser = client_of(builders.make_user(is_superuser=True))
    assert superuser.get(f"/admin/users/copy/{amina.pk}/").status_code == 404
