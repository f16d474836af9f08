"""An open session does not become a permanent one: what lets somebody into an account needs recent proof."""

import time

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.db import transaction
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from site_project.signing_in.models import Passkey
from site_project.signing_in.reauthentication import IDENTITY_VERIFIED_AT, PROTECTED, VALID_FOR
from site_project.signing_in.second_factor import FACTOR_VERIFIED_AT
from tests import admin_world, builders
from tests.routes import FORM, Addresses, routes
from tests.soft_passkey import SoftPasskey
from tests.test_passkeys import MINE, add, options_in, with_passkey
from tests.test_second_factor import NOON, PAGE, STEP, code_of, give, key_of, signed_in, with_app
from tests.test_sessions import ACCOUNT, chosen, is_in
from tests.test_signing_in import TOO_MANY

pytestmark = [
    pytest.mark.django_db,
    # Wagtail 8.0 sends its mails by a function that Django 6.1 calls deprecated.
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]

ASKED = "Is it you?"
# What lets somebody into an account, or into more of the admin.
GUARDED = {
    *("auth.User", "auth.User_groups", "auth.User_user_permissions", "auth.Group", "auth.Group_permissions"),
    *("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken", "signing_in.Passkey"),
    *("wagtailcore.GroupPagePermission", "wagtailcore.GroupCollectionPermission"),
}
# Routes of users and groups that change nothing.
READ_ONLY = {"index", "index_results", "history", "history_results", "usage"}


@pytest.fixture(autouse=True)
def noon(settings, time_machine):
    settings.SECOND_FACTOR = "NOBODY"
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def amina():
    return builders.make_user("Editors", username="amina")


@pytest.fixture
def admin():
    return builders.make_user(username="admin", is_superuser=True)


def left_open(user):
    """Return a browser in which `user` signed in longer ago than the proof is valid."""
    client = signed_in(user)
    make_stale(client)
    return client


def make_stale(client, *keys):
    """Let the proof in the session of `client` be too old."""
    session = client.session
    for key in keys or (IDENTITY_VERIFIED_AT, FACTOR_VERIFIED_AT):
        session[key] = time.time() - VALID_FOR.total_seconds() - 1
    session.save()


def answer(client, response, **proof):
    """Send the form of the page that asks, with `proof` in it, to the address of `response`."""
    page = builders.parse(response)
    [form] = [form for form in page.select("main form") if form.select_one("[name=password], [name=code]")]
    fields = form.select("input[type=hidden]")
    data = {}
    for field in fields:
        data.setdefault(field["name"], []).append(field["value"])
    request = response.request
    address = request["PATH_INFO"] + (f"?{request['QUERY_STRING']}" if request["QUERY_STRING"] else "")
    return client.post(address, data | proof)


def account_form(client, **fields):
    """Return what the account page sends, with some of its fields changed."""
    form = builders.parse(client.get(ACCOUNT)).select_one("form[enctype]")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    data |= {each["name"]: chosen(each) for each in form.select("select[name]")}
    del data["csrfmiddlewaretoken"]
    return data | {"name_email-first_name": "Amina", "name_email-last_name": "B."} | fields


def email_of(user):
    return get_user_model().objects.get(pk=user.pk).email


# --- Which routes --------------------------------------------------------------------------------


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
def test_no_route_changes_accounts_without_recent_proof(client, admin):
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
        if name.partition(" ")[0] in PROTECTED:
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
        name for name in about if name.rpartition(":")[2] not in READ_ONLY and name not in PROTECTED
    ] == []


# --- What is asked, and what it opens ------------------------------------------------------------


def test_proof_lasts_ten_minutes_from_signing_in(admin, noon):
    client = signed_in(admin)
    noon.move_to(NOON + VALID_FOR)
    assert ASKED not in client.get("/admin/users/new/").text
    noon.move_to(NOON + VALID_FOR + STEP)
    assert ASKED in client.get("/admin/users/new/").text
    assert client.get("/admin/users/").status_code == 200, "to look needs nothing"


def test_password_opens_the_form_that_was_asked_for(admin):
    client = left_open(admin)
    address = "/admin/users/new/?next=x"
    asked = client.get(address)
    assert "no-store" in asked["Cache-Control"]
    before = client.session.session_key
    assert "not right" in answer(client, asked, password="wrong-lantern-road-41").text
    assert ASKED in client.get(address).text
    response = answer(client, asked, password=builders.PASSWORD)
    assert response["Location"] == address
    assert ASKED not in client.get(address).text
    assert client.session.session_key != before
    assert is_in(client)


def test_form_that_is_interrupted_is_saved_with_the_proof(amina):
    client = left_open(amina)
    data = account_form(client, **{"name_email-email": "new@example.org", "name_email-last_name": '"<B>'})
    asked = client.post(ACCOUNT, data)
    assert ASKED in asked.text
    assert email_of(amina) == amina.email
    response = answer(client, asked, password="wrong-lantern-road-41")
    assert email_of(amina) == amina.email
    assert answer(client, response, password=builders.PASSWORD)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert get_user_model().objects.get(pk=amina.pk).last_name == '"<B>'


def test_lists_of_an_interrupted_form_stay_lists(admin):
    client = left_open(admin)
    groups = sorted(Group.objects.values_list("pk", flat=True))
    new = {"username": "new", "email": "n@example.org", "first_name": "N", "last_name": "N", "groups": groups}
    answer(client, client.post("/admin/users/new/", new), password=builders.PASSWORD)
    made = get_user_model().objects.get(username="new")
    assert sorted(made.groups.values_list("pk", flat=True)) == groups


def test_rest_of_the_account_page_needs_no_proof(amina):
    client = left_open(amina)
    assert client.post(ACCOUNT, account_form(client))["Location"] == ACCOUNT
    assert get_user_model().objects.get(pk=amina.pk).last_name == "B."


@pytest.mark.parametrize(
    "fields",
    [
        {"name_email-email": "new@example.org"},
        {"password-old_password": builders.PASSWORD, "password-new_password1": "another-lantern-road-42"},
    ],
)
def test_account_page_asks_for_the_factor_too(amina, noon, fields):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client)
    if "password-new_password1" in fields:
        fields["password-new_password2"] = fields["password-new_password1"]
    before = get_user_model().objects.values("email", "password").get(pk=amina.pk)

    asked = answer(client, client.post(ACCOUNT, account_form(client, **fields)), password=builders.PASSWORD)
    assert ASKED in asked.text
    assert get_user_model().objects.values("email", "password").get(pk=amina.pk) == before
    noon.move_to(NOON + STEP)
    assert "not right" in answer(client, asked, code="000000").text
    assert answer(client, asked, code=code_of())["Location"] == ACCOUNT
    assert get_user_model().objects.values("email", "password").get(pk=amina.pk) != before
    assert is_in(client)


def test_code_is_no_use_without_the_password(amina, noon):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client)
    noon.move_to(NOON + STEP)
    client.post(MINE, {"reauthentication_step": "factor", "code": code_of()})
    assert ASKED in client.get(MINE).text
    assert client.session[FACTOR_VERIFIED_AT] < time.time() - VALID_FOR.total_seconds()


def test_passkey_is_taken_for_the_factor(amina):
    passkey = with_passkey(amina)
    client = signed_in(amina)
    client.post(PAGE, {"passkey": passkey.give(options_in(client))})
    make_stale(client, FACTOR_VERIFIED_AT)
    data = {"reauthentication_step": "factor"}
    refused = client.post(MINE, data | {"passkey": SoftPasskey().give(options_in(client, MINE))})
    assert "was not accepted" in refused.text
    response = client.post(MINE, data | {"passkey": passkey.give(options_in(client, MINE))})
    assert response["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_passkey_that_was_being_added_is_not_lost(amina):
    client = signed_in(amina)
    made = SoftPasskey().make(options_in(client, MINE))
    make_stale(client)
    asked = client.post(MINE, {"passkey": made, "name": "New"})
    assert not Passkey.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert Passkey.objects.get().name == "New"


@pytest.mark.parametrize("send", [{}, {"code": "123456"}, {"passkey": "{}", "name": "x"}, {"remove": "x"}])
@pytest.mark.parametrize("address", [PAGE, MINE])
def test_no_factor_is_set_up_in_a_session_that_was_left_open(amina, address, send):
    client = left_open(amina)
    assert ASKED in client.get(address).text
    assert ASKED in client.post(address, send).text


def test_half_signed_in_session_that_was_left_open_sets_nothing_up(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = signed_in(amina)
    key = key_of(builders.parse(client.get(PAGE)))
    make_stale(client)
    asked = client.post(PAGE, {"code": code_of(key)})
    assert ASKED in asked.text
    assert not TOTPDevice.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert TOTPDevice.objects.get().key == key, "what was typed is not lost"
    assert is_in(client)


def test_who_leaves_half_way_is_not_asked(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = left_open(amina)
    assert client.post(PAGE, {"leave": "1"})["Location"] == "/admin/login/"


def test_attempts_count_with_those_to_sign_in(amina):
    client = left_open(amina)
    client.defaults["REMOTE_ADDR"] = "192.0.2.1"
    asked = client.get(MINE)
    for _ in range(5):
        assert TOO_MANY not in answer(client, asked, password="wrong-lantern-road-41").text
    assert TOO_MANY in answer(client, asked, password=builders.PASSWORD).text
    assert ASKED in client.get(MINE).text
    other = Client(REMOTE_ADDR="192.0.2.1")
    assert TOO_MANY in other.post("/admin/login/", {"username": "amina", "password": builders.PASSWORD}).text


def test_codes_count_with_those_to_sign_in(amina):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client, FACTOR_VERIFIED_AT)
    asked = client.get(MINE)
    for number in range(5):
        assert TOO_MANY not in answer(client, asked, code=f"00000{number}").text
    assert TOO_MANY in answer(client, asked, code="000009").text


def test_another_users_password_proves_nothing(amina, admin):
    admin.set_unusable_password()
    admin.save()
    client = Client()
    client.force_login(admin)
    make_stale(client)
    assert "ask an administrator" in client.get(MINE).text
    client.post(MINE, {"reauthentication_step": "identity", "password": builders.PASSWORD})
    assert ASKED in client.get(MINE).text


def test_password_reset_leaves_no_session_with_proof(amina):
    client = left_open(amina)
    amina.set_password("another-lantern-road-42")
    amina.save()
    assert not is_in(client)


# --- What follows a change -----------------------------------------------------------------------


def mails_of(action, capture):
    mail.outbox.clear()
    with capture(execute=True):
        action()
    for message in mail.outbox:
        assert "If it was not" in message.body
        assert "/admin/" not in message.body, "no link and no token"
    return [(message.to, message.body) for message in mail.outbox]


def changes_of(user, administrator):
    """Yield (what the mail says, who makes the change, the change) for each change to what lets `user` in."""

    def own(words, change):
        client = Client()
        client.force_login(get_user_model().objects.get(pk=user.pk))
        return words, client, lambda: change(client)

    new = {"password-old_password": builders.PASSWORD}
    new |= {f"password-new_password{n}": "another-lantern-road-42" for n in (1, 2)}
    edit = {"username": "amina", "email": "two@example.org", "first_name": "A", "last_name": "B"}
    edit |= {"is_active": "on", "groups": [group.pk for group in user.groups.all()]}
    email = {"name_email-email": "one@example.org"}
    yield own("e-mail address", lambda client: client.post(ACCOUNT, account_form(client, **email)))
    change = lambda: administrator.post(f"/admin/users/edit/{user.pk}/", edit)  # noqa: E731
    yield "e-mail address", administrator, change
    yield own("password", lambda client: client.post(ACCOUNT, account_form(client, **new)))
    yield own("passkey was added", lambda client: add(client, SoftPasskey(), MINE))
    yield own("app for codes was set up", lambda client: give(client, code_of(key_of(page_of(client)))))
    yield own(
        "was removed", lambda client: client.post(MINE, {"remove": Passkey.objects.get().persistent_id})
    )
    change = lambda: administrator.post(f"/admin/users/second-factor/{user.pk}/")  # noqa: E731
    yield "were removed", administrator, change


def page_of(client):
    return builders.parse(client.get(PAGE))


def test_each_change_is_mailed_to_the_address_before_and_ends_other_sessions(
    amina, admin, django_capture_on_commit_callbacks
):
    for words, client, change in changes_of(amina, signed_in(admin)):
        other, address = Client(), email_of(amina)
        other.force_login(get_user_model().objects.get(pk=amina.pk))
        verify(other, client)
        assert is_in(other), words
        [(to, body)] = mails_of(change, django_capture_on_commit_callbacks)
        assert (to, words in body, "amina" in body) == ([address], True, True), words
        assert not is_in(other), words
        assert is_in(client), words


def verify(*clients):
    """Let the sessions of `clients` have given what second factor there is."""
    device = next(iter([*TOTPDevice.objects.all(), *Passkey.objects.all()]), None)
    for client in clients:
        session = client.session
        if device and session["_auth_user_id"] == str(device.user_id):
            session[DEVICE_ID_SESSION_KEY] = device.persistent_id
            session[FACTOR_VERIFIED_AT] = time.time()
            session.save()


@pytest.mark.parametrize("sends_mail", [True, False])
def test_change_does_not_fail_where_no_mail_goes_out(
    settings, amina, sends_mail, django_capture_on_commit_callbacks
):
    backend = "django.core.mail.backends.smtp.EmailBackend"
    options = {"host": "127.0.0.1", "port": 9, "timeout": 5}
    settings.SENDS_MAIL, settings.MAILERS = sends_mail, {"default": {"BACKEND": backend, "OPTIONS": options}}
    client = signed_in(amina)
    data = account_form(client, **{"name_email-email": "new@example.org"})
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert client.post(ACCOUNT, data)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert bool(callbacks) == sends_mail


def test_what_changes_nothing_is_not_mailed(settings, amina, django_capture_on_commit_callbacks):
    client = signed_in(amina)
    actions = [lambda: client.post(ACCOUNT, account_form(client)), lambda: signed_in(amina)]
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    for action in [*actions, lambda: signed_in(amina)]:
        assert mails_of(action, django_capture_on_commit_callbacks) == []
    assert get_user_model().objects.get(pk=amina.pk).password.startswith("pbkdf2"), "the hash was renewed"
