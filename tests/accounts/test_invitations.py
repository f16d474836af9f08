"""Invitations: new users get a link and choose their own password, which nobody else knows."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from tests.support import builders

pytestmark = pytest.mark.django_db

ADD = "/admin/users/new/"
USERS = "/admin/users/"
PASSWORD = "chosen-lantern-road-43"
NEW = {
    "username": "amina",
    "email": "amina@example.org",
    "first_name": "Amina",
    "last_name": "B.",
}
DROPPED = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
FAILING = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 5},
    }
}


@pytest.fixture
def admin(client):
    client.force_login(builders.make_user(is_superuser=True))
    return client


def link_of(text):
    """Return the path of the one link to choose a password in `text`."""
    [link] = set(re.findall(r"http://127\.0\.0\.1:8000(/admin/invitation/[\w-]+/[\w.-]+/)", text))
    return link


def invite(admin):
    """Create an account as `admin`, and return the link in the invitation."""
    admin.post(ADD, NEW)
    return link_of(mail.outbox[-1].body)


def choose(link, password=PASSWORD):
    """Follow a link in a new browser and choose a password; return the last response."""
    browser = Client()
    page = browser.get(link, follow=True)
    if not page.redirect_chain:
        return page
    assert link not in page.text, "the token is in no address that others could see"
    return browser.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def can_sign_in(password=PASSWORD):
    response = Client().post("/admin/login/", {"username": "amina", "password": password})
    return response.status_code == 302


def test_new_user_gets_a_link_and_chooses_a_password(admin):
    assert "password" not in builders.parse(admin.get(ADD)).select_one("form[method=POST]").text.lower()
    response = admin.post(
        ADD, NEW | {"password1": "of-the-administrator-44", "password2": "of-the-administrator-44"}
    )
    assert response["Location"] == USERS
    [message] = mail.outbox
    assert message.to == ["amina@example.org"]
    assert message.subject == "Your account at Stories"
    for words in ("Your user name: amina", "within 3 days", "The link works once."):
        assert words in message.body
    assert not can_sign_in("of-the-administrator-44")
    assert not can_sign_in("")

    assert choose(link_of(message.body))["Location"] == "/admin/login/"

    assert can_sign_in()
    assert "works no longer" in choose(link_of(message.body), "another-lantern-road-44").text
    assert can_sign_in()


def test_weak_password_is_refused(admin):
    assert "too common" in choose(invite(admin), "password1234").text
    assert not can_sign_in("password1234")


def test_link_is_for_one_account_and_one_purpose(admin):
    _admin, _invitation, uid, token, _end = invite(admin)[1:].split("/")
    other = builders.make_user()
    other.set_unusable_password()
    other.save()
    other_uid = re.search(r"invitation/([\w-]+)/", invite_again(admin, other))[1]
    assert "works no longer" in choose(f"/admin/invitation/{other_uid}/{token}/").text
    assert (
        "link was invalid" in Client().get(f"/admin/password_reset/confirm/{uid}/{token}/", follow=True).text
    )


def invite_again(admin, user):
    admin.post(f"/admin/users/invite/{user.pk}/")
    return mail.outbox[-1].body


def test_deactivated_user_cannot_choose_a_password(admin):
    link = invite(admin)
    get_user_model().objects.filter(username="amina").update(is_active=False)
    assert "works no longer" in choose(link).text


@pytest.mark.parametrize(("sends_mail", "mailers"), [(False, DROPPED), (True, FAILING)])
def test_without_mail_the_inviting_user_sees_the_link_once(admin, settings, sends_mail, mailers):
    settings.SENDS_MAIL, settings.MAILERS = sends_mail, mailers
    response = admin.post(ADD, NEW)
    assert "no mail could be sent" in response.text
    assert "no-store" in response["Cache-Control"]
    for address in (USERS, "/admin/"):
        assert "/admin/invitation/" not in admin.get(address).text
    choose(link_of(response.text))
    assert can_sign_in()


def test_address_that_no_mail_can_be_sent_to_shows_the_link(admin):
    response = admin.post(ADD, NEW | {"email": f"a@{'ü' * 60}.org"})
    assert "no mail could be sent" in response.text
    choose(link_of(response.text))
    assert can_sign_in()


# --- Inviting again and permissions --------------------------------------------------------------


def test_user_with_an_expired_link_is_invited_again(admin):
    invite(admin)
    user = get_user_model().objects.get(username="amina")
    [button] = builders.parse(admin.get(USERS)).select("a[href*='/users/invite/']")
    page = builders.parse(admin.get(button["href"]))
    assert "amina@example.org" in page.main.text
    assert len(mail.outbox) == 1, "to look sends nothing"
    choose(link_of(invite_again(admin, user)))
    assert can_sign_in()
    assert builders.parse(admin.get(USERS)).select("a[href*='/users/invite/']") == []
    assert admin.get(button["href"]).status_code == 404
    assert admin.post(button["href"]).status_code == 404
    assert len(mail.outbox) == 2


def test_inviting_needs_the_permission_to_change_users(admin):
    invite(admin)
    user = get_user_model().objects.get(username="amina")
    moderator = Client()
    moderator.force_login(builders.make_user("Moderators"))
    assert moderator.post(f"/admin/users/invite/{user.pk}/")["Location"] == "/admin/"
    assert len(mail.outbox) == 1


def test_administrators_cannot_set_passwords(admin):
    user = builders.make_user("Editors", username="amina")
    address = f"/admin/users/edit/{user.pk}/"
    assert builders.parse(admin.get(address)).select("[type=password]") == []
    admin.post(address, NEW | {"password1": PASSWORD, "password2": PASSWORD, "is_active": "on"})
    user.refresh_from_db()
    assert user.first_name == "Amina", "the form was saved"
    assert user.check_password(builders.PASSWORD)
