"""Invitations: new users get a link and choose their own password, which nobody else knows."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from tests.support import builders, signing_in
from tests.support.signing_in import ADD_USER, LOGIN, NEW_PASSWORD, USER_DATA, USERS, link_in, new_user_data

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# The mail backend of a site without a mail server.
NO_MAIL_SERVER = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}


@pytest.fixture
def admin(admin_client):
    return admin_client


def invite(admin):
    """Create an account as `admin`, and return the link in the invitation."""
    admin.post(ADD_USER, new_user_data())
    return signing_in.last_link("invitation")


def choose(link, password=NEW_PASSWORD):
    """Follow a link in a new browser and choose a password; return the last response."""
    browser = Client()
    page = browser.get(link, follow=True)
    # Without a redirect, the link is not valid.
    return signing_in.choose_password(browser, page, password) if page.redirect_chain else page


def can_sign_in(password=NEW_PASSWORD):
    return Client().post(LOGIN, {"username": "amina", "password": password}).status_code == 302


def test_new_user_gets_a_link_and_chooses_a_password(admin):
    assert "password" not in builders.parse(admin.get(ADD_USER)).select_one("form[method=POST]").text.lower()
    password = "of-the-administrator-44"
    response = admin.post(ADD_USER, new_user_data(password1=password, password2=password))
    assert response["Location"] == USERS
    [message] = mail.outbox
    assert (message.to, message.subject) == (["amina@example.org"], "Your account at Stories")
    for words in ("Your user name: amina", "within 3 days", "The link works once."):
        assert words in message.body
    assert not can_sign_in(password) and not can_sign_in("")
    assert choose(link_in(message.body, "invitation"))["Location"] == LOGIN
    assert can_sign_in()
    assert "works no longer" in choose(link_in(message.body, "invitation"), "third-lantern-road-44").text
    assert can_sign_in()


@pytest.mark.parametrize(
    ("password", "words"), [("password1234", "too common"), ("road-lamp-7", "at least 12 characters")]
)
def test_weak_password_is_refused(admin, password, words):
    assert words in choose(invite(admin), password).text
    assert not can_sign_in(password)


def invited_user(role):
    """Return a new user who has chosen no password yet."""
    user = builders.make_user(role)
    user.set_unusable_password()
    user.save()
    return user


def test_link_is_for_one_account_and_one_purpose(admin):
    _admin, _invitation, uid, token, _end = invite(admin)[1:].split("/")
    other_uid = invite_again(admin, invited_user("Editors")).split("/")[3]
    assert "works no longer" in choose(f"/admin/invitation/{other_uid}/{token}/").text
    reset = Client().get(f"/admin/password_reset/confirm/{uid}/{token}/", follow=True)
    assert "link was invalid" in reset.text


def invite_again(admin, user):
    """Send a new invitation to `user` as `admin`, and return the link in it."""
    admin.post(f"/admin/users/invite/{user.pk}/")
    return signing_in.last_link("invitation")


def test_deactivated_user_cannot_choose_a_password(admin):
    link = invite(admin)
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
def test_without_mail_the_inviting_user_sees_the_link_once(admin, settings, changed_settings, email):
    for name, value in changed_settings.items():
        setattr(settings, name, value)
    response = admin.post(ADD_USER, new_user_data(email=email))
    assert "no mail could be sent" in response.text
    assert "no-store" in response["Cache-Control"]
    assert not any("/admin/invitation/" in admin.get(address).text for address in (USERS, "/admin/"))
    choose(link_in(response.text, "invitation"))
    assert can_sign_in()


# --- Inviting again and permissions --------------------------------------------------------------


def test_user_who_has_chosen_no_password_is_invited_again(admin):
    invite(admin)
    user = get_user_model().objects.get(username="amina")
    [button] = builders.parse(admin.get(USERS)).select("a[href*='/users/invite/']")
    assert "amina@example.org" in builders.parse(admin.get(button["href"])).main.text
    assert len(mail.outbox) == 1, "GET sends nothing"
    choose(invite_again(admin, user))
    assert can_sign_in()
    assert builders.parse(admin.get(USERS)).select("a[href*='/users/invite/']") == []
    assert [way(button["href"]).status_code for way in (admin.get, admin.post)] == [404, 404]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("role", [None, "Readers"])
def test_nobody_is_invited_without_a_role_that_opens_the_admin(admin, role):
    groups = [Group.objects.create(name=role).pk] if role else []
    again = f"/admin/users/invite/{invited_user(role).pk}/"
    for address, data in ((ADD_USER, USER_DATA | {"groups": groups}), (again, {})):
        assert "Choose a role that may use the admin." in admin.post(address, data, follow=True).text
    assert not get_user_model().objects.filter(username="amina").exists()
    assert mail.outbox == []


def test_inviting_needs_the_permission_to_change_users(admin):
    moderator = builders.client_of(builders.make_user("Moderators"))
    invited = invited_user("Editors")
    assert moderator.post(f"/admin/users/invite/{invited.pk}/")["Location"] == "/admin/"
    assert mail.outbox == []


def test_administrators_cannot_set_passwords(admin, amina):
    address = f"/admin/users/edit/{amina.pk}/"
    assert builders.parse(admin.get(address)).select("[type=password]") == []
    admin.post(address, USER_DATA | {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "is_active": "on"})
    amina.refresh_from_db()
    assert amina.first_name == "Amina", "the form was saved"
    assert amina.check_password(builders.PASSWORD)
