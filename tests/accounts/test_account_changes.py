"""A change of password, e-mail address or second factor is mailed to the owner and ends other sessions."""

import time

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import changes
from accounts.models import Passkey
from accounts.second_factor import FACTOR_VERIFIED_AT
from tests.support import builders, signing_in
from tests.support.second_factor import MINE, code_of, key_of, register, send_code
from tests.support.signing_in import ACCOUNT, USER_DATA, account_form, email_of, is_signed_in, signed_in
from tests.support.soft_passkey import SoftPasskey

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def mails_sent_by(action, capture):
    """Return (recipients, text) of each mail that `action` sends."""
    mail.outbox.clear()
    with capture(execute=True):
        action()
    for message in mail.outbox:
        # An administrator may have done it for the owner.
        assert "If you did this or asked for it" in message.body
        assert "/admin/" not in message.body, "the mail has no link"
    return [(message.to, message.body) for message in mail.outbox]


def change_email(client, _user):
    client.post(ACCOUNT, account_form(client, **{"email-email": "one@example.org"}))


def change_password(client, _user):
    client.post(ACCOUNT, account_form(client, **signing_in.password_fields()))


def edit_user(client, user):
    groups = [group.pk for group in user.groups.all()]
    data = USER_DATA | {"email": "two@example.org", "is_active": "on", "groups": groups}
    client.post(f"/admin/users/edit/{user.pk}/", data)


# (words in the mail, who makes the change, function of the client and the user). The changes are made one
# after another, because later ones need what earlier ones set up.
CHANGES = [
    ("e-mail address", "user", change_email),
    ("e-mail address", "administrator", edit_user),
    ("password", "user", change_password),
    ("passkey was added", "user", lambda own, _user: register(own, SoftPasskey(), MINE)),
    ("app for codes was set up", "user", lambda own, _user: send_code(own, code_of(key_of(own)))),
    ("was removed", "user", lambda own, _u: own.post(MINE, {"remove": Passkey.objects.get().persistent_id})),
    ("were removed", "administrator", lambda own, user: own.post(f"/admin/users/second-factor/{user.pk}/")),
]


def test_change_is_mailed_to_the_earlier_address_and_ends_other_sessions(
    amina, admin, django_capture_on_commit_callbacks
):
    administrator = signed_in(admin)
    for words, who, change in CHANGES:
        own, other = (builders.client_of(amina) for _number in range(2))
        for session in (own, other):
            give_second_factor(session)
        thief = Client()  # with the cookie of `own`
        thief.cookies.load({name: morsel.value for name, morsel in own.cookies.items()})
        assert (is_signed_in(other), is_signed_in(thief)) == (True, True), words
        client, address = administrator if who == "administrator" else own, email_of(amina)
        [(to, body)] = mails_sent_by(lambda: change(client, amina), django_capture_on_commit_callbacks)  # noqa: B023
        assert (to, words in body, "amina" in body) == ([address], True, True), words
        assert (is_signed_in(other), is_signed_in(client)) == (False, True), words
        assert words != "password" or not is_signed_in(thief)
    signed_in(amina, signing_in.NEW_PASSWORD)


def give_second_factor(client):
    """Store in the session of `client` that the user gave the second factor, if the database has one."""
    if device := TOTPDevice.objects.first() or Passkey.objects.first():
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session[FACTOR_VERIFIED_AT] = time.time()
        session.save()


@pytest.mark.parametrize("sends_mail", [True, False])
def test_change_needs_no_mail_server(settings, amina, sends_mail, django_capture_on_commit_callbacks):
    settings.SENDS_MAIL, settings.MAILERS = sends_mail, signing_in.DEAD_MAIL_SERVER
    client = signed_in(amina)
    data = account_form(client, **{"email-email": "new@example.org"})
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert client.post(ACCOUNT, data)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert bool(callbacks) == sends_mail


def test_address_that_no_mail_can_be_sent_to_is_not_logged(amina, caplog, django_capture_on_commit_callbacks):
    amina.email = signing_in.UNSENDABLE_ADDRESS
    amina.save()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        changes.notify(amina, amina.email, changes.PASSKEY_ADDED)
    assert hasattr(callbacks[0], "__qualname__"), "Django logs the arguments of a partial"
    assert [record.getMessage() for record in caplog.records] == ["A mail could not be sent."]


def test_saving_without_a_change_sends_no_mail(settings, amina, django_capture_on_commit_callbacks):
    client = signed_in(amina)
    # Signing in then stores a hash of the new kind, which is no change of the password.
    hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [hasher, *settings.PASSWORD_HASHERS]
    for action in (lambda: client.post(ACCOUNT, account_form(client)), lambda: signed_in(amina)):
        assert mails_sent_by(action, django_capture_on_commit_callbacks) == []
    assert get_user_model().objects.get(pk=amina.pk).password.startswith("pbkdf2")
