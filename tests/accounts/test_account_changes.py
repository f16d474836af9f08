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
from tests.accounts.test_passkeys import MINE, add
from tests.accounts.test_reauthentication import account_form, email_of
from tests.accounts.test_second_factor import NOON, PAGE, code_of, key_of, send_code, signed_in
from tests.accounts.test_sessions import ACCOUNT, is_signed_in
from tests.support import builders
from tests.support.soft_passkey import SoftPasskey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(settings, time_machine):
    settings.SECOND_FACTOR = "NOBODY"
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def amina():
    return builders.make_user("Editors", username="amina")


@pytest.fixture
def admin():
    return builders.make_user(username="admin", is_superuser=True)


def mails_sent_by(action, capture):
    """Return (recipients, text) of each mail that `action` sends."""
    mail.outbox.clear()
    with capture(execute=True):
        action()
    for message in mail.outbox:
        assert "If it was not" in message.body
        assert "/admin/" not in message.body, "no link and no token"
    return [(message.to, message.body) for message in mail.outbox]


def changes_of(user, administrator):
    """Yield (words in the mail, client that makes the change, function that makes it) for each change."""

    def own(words, change):
        client = Client()
        client.force_login(get_user_model().objects.get(pk=user.pk))
        return words, client, lambda: change(client)

    new = {"password-old_password": builders.PASSWORD}
    new |= {f"password-new_password{n}": "another-lantern-road-42" for n in (1, 2)}
    edit = {"username": "amina", "email": "two@example.org", "first_name": "A", "last_name": "B"}
    edit |= {"is_active": "on", "groups": [group.pk for group in user.groups.all()]}
    email = {"email-email": "one@example.org"}
    yield own("e-mail address", lambda client: client.post(ACCOUNT, account_form(client, **email)))
    change = lambda: administrator.post(f"/admin/users/edit/{user.pk}/", edit)  # noqa: E731
    yield "e-mail address", administrator, change
    yield own("password", lambda client: client.post(ACCOUNT, account_form(client, **new)))
    yield own("passkey was added", lambda client: add(client, SoftPasskey(), MINE))
    yield own("app for codes was set up", lambda client: send_code(client, code_of(key_of(page_of(client)))))
    yield own(
        "was removed", lambda client: client.post(MINE, {"remove": Passkey.objects.get().persistent_id})
    )
    change = lambda: administrator.post(f"/admin/users/second-factor/{user.pk}/")  # noqa: E731
    yield "were removed", administrator, change


def page_of(client):
    return builders.parse(client.get(PAGE))


def test_change_is_mailed_to_the_earlier_address_and_ends_other_sessions(
    amina, admin, django_capture_on_commit_callbacks
):
    for words, client, change in changes_of(amina, signed_in(admin)):
        other, address = Client(), email_of(amina)
        other.force_login(get_user_model().objects.get(pk=amina.pk))
        verify(other, client)
        assert is_signed_in(other), words
        [(to, body)] = mails_sent_by(change, django_capture_on_commit_callbacks)
        assert (to, words in body, "amina" in body) == ([address], True, True), words
        assert not is_signed_in(other), words
        assert is_signed_in(client), words


def verify(*clients):
    """Store in the sessions of `clients` that the user gave the second factor, if there is one."""
    device = next(iter([*TOTPDevice.objects.all(), *Passkey.objects.all()]), None)
    for client in clients:
        session = client.session
        if device and session["_auth_user_id"] == str(device.user_id):
            session[DEVICE_ID_SESSION_KEY] = device.persistent_id
            session[FACTOR_VERIFIED_AT] = time.time()
            session.save()


@pytest.mark.parametrize("sends_mail", [True, False])
def test_change_succeeds_without_a_mail_server(
    settings, amina, sends_mail, django_capture_on_commit_callbacks
):
    backend = "django.core.mail.backends.smtp.EmailBackend"
    options = {"host": "127.0.0.1", "port": 9, "timeout": 5}
    settings.SENDS_MAIL, settings.MAILERS = sends_mail, {"default": {"BACKEND": backend, "OPTIONS": options}}
    client = signed_in(amina)
    data = account_form(client, **{"email-email": "new@example.org"})
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert client.post(ACCOUNT, data)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert bool(callbacks) == sends_mail


def test_address_that_no_mail_can_be_sent_to_is_not_logged(amina, caplog, django_capture_on_commit_callbacks):
    amina.email = f"a@{'ü' * 60}.org"
    amina.save()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        changes.notify(amina, amina.email, changes.PASSKEY_ADDED)
    assert "amina" not in callbacks[0].__qualname__
    assert [record.getMessage() for record in caplog.records] == [
        "A mail about a changed account could not be sent."
    ]


def test_saving_without_a_change_sends_no_mail(settings, amina, django_capture_on_commit_callbacks):
    client = signed_in(amina)
    actions = [lambda: client.post(ACCOUNT, account_form(client)), lambda: signed_in(amina)]
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    for action in [*actions, lambda: signed_in(amina)]:
        assert mails_sent_by(action, django_capture_on_commit_callbacks) == []
    assert get_user_model().objects.get(pk=amina.pk).password.startswith("pbkdf2"), "the hash was renewed"
