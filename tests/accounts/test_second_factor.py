"""The second factor: authenticator apps, recovery codes, and what a pending user can't do."""

import datetime
import re
import threading
from base64 import b32decode
from binascii import unhexlify

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from tests.accounts.test_invitations import link_of
from tests.accounts.test_signing_in import TOO_MANY
from tests.site_project.test_environment import read_settings
from tests.site_project.test_site import EXEMPT_ROUTES, address_of, admin_patterns
from tests.support import builders

pytestmark = pytest.mark.django_db

LOGIN, PAGE = "/admin/login/", "/admin/second-factor/"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
STEP = datetime.timedelta(seconds=30)
KEY = "0123456789abcdef0123456789abcdef01234567"
# Routes that a pending user may open.
PENDING_ROUTES = {"admin/second-factor/", "admin/single-sign-on/", "admin/single-sign-on/done/"}
PENDING_ROUTES |= EXEMPT_ROUTES - {"admin/login/", "admin/password_reset/", "admin/password_reset/done/"}


@pytest.fixture(autouse=True)
def noon(settings, time_machine):
    settings.SECOND_FACTOR = "ADMINISTRATORS"
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def admin():
    return builders.make_user(username="amina", is_superuser=True)


def code_of(key=KEY, step=0):
    """Return the code that an app with `key` shows now, or `step` times 30 seconds later."""
    return f"{totp(unhexlify(key), drift=step):06d}"


def with_app(user):
    """Register an app for `user`; return the recovery codes."""
    assert second_factor.add_app(user, KEY, code_of(step=-1))
    return second_factor.recovery_codes(user)


def signed_in(user):
    """Return a client in which `user` has given the password."""
    client = Client()
    response = client.post(LOGIN, {"username": user.username, "password": builders.PASSWORD})
    assert response.status_code == 302
    return client


def is_signed_in(client):
    return client.get("/admin/").status_code == 200


def send_code(client, code, **data):
    return client.post(PAGE, {"code": code} | data)


# --- Pending users -------------------------------------------------------------------------------


@pytest.mark.parametrize("has_app", [False, True])
def test_pending_user_gets_no_page_of_the_admin(admin, has_app):
    if has_app:
        with_app(admin)
    client = signed_in(admin)
    routes = {route: pattern for route, pattern in admin_patterns() if route not in PENDING_ROUTES}
    assert len(routes) > 150
    opened = []
    for route, pattern in routes.items():
        for ask in (client.get, client.post):
            response = ask(address_of(pattern, route))
            if response.status_code != 302 or not response["Location"].startswith(PAGE):
                opened.append(f"{route} {response.status_code}")
    assert opened == []


def test_user_with_an_app_cannot_set_up_another_with_the_password(admin):
    with_app(admin)
    client = signed_in(admin)
    assert "secret" not in client.get(PAGE).text
    assert builders.parse(client.get(PAGE)).select("main svg path") == []
    other = TOTPDevice(key="f" * 40)
    session = client.session
    session["second_factor_key"] = other.key
    session.save()
    send_code(client, code_of(other.key))
    assert not is_signed_in(client)
    assert TOTPDevice.objects.get().key == KEY


def test_pending_user_is_anonymous_on_the_public_site(admin):
    private = builders.make_private(builders.make_plain_page("For members"))
    draft = builders.make_story(live=False)
    client = signed_in(admin)
    for address in (private.url, f"/admin/pages/{draft.pk}/view_draft/"):
        assert client.get(address).status_code == 302
    assert client.get("/").status_code == 200
    assert "/admin/pages/" not in client.get("/").text, "no bar for editors"


def test_login_of_private_pages_asks_for_the_second_factor(admin):
    with_app(admin)
    private = builders.make_private(builders.make_plain_page("For members"))
    client = Client()
    client.post("/_util/login/", {"username": "amina", "password": builders.PASSWORD})
    assert not is_signed_in(client)
    response = client.get(private.url, follow=True)
    assert response.request["PATH_INFO"] == PAGE
    response = send_code(client, code_of(), next=builders.parse(response).select_one("[name=next]")["value"])
    assert response["Location"] == private.url
    assert client.get(private.url).status_code == 200


def test_password_reset_does_not_replace_the_second_factor(admin):
    with_app(admin)
    client = Client()
    client.post("/admin/password_reset/", {"email": admin.email})
    for thread in threading.enumerate():
        if thread.name == "reset mail":
            thread.join()
    [link] = re.findall(r"http://[^/]+(/admin/password_reset/confirm/\S+)", mail.outbox[0].body)
    form = client.get(link, follow=True).request["PATH_INFO"]
    new = "another-lantern-road-42"
    assert client.post(form, {"new_password1": new, "new_password2": new}).status_code == 302
    assert not is_signed_in(client)
    client.post(LOGIN, {"username": "amina", "password": new})
    assert client.get("/admin/")["Location"].startswith(PAGE)
    send_code(client, code_of())
    assert is_signed_in(client)


def test_invited_administrator_sets_up_an_app_first(admin):
    with_app(admin)
    client = signed_in(admin)
    send_code(client, code_of())
    new = {"username": "new", "email": "new@example.org", "first_name": "N", "last_name": "N"}
    client.post("/admin/users/new/", new | {"is_superuser": "on"})
    invited = Client()
    form = invited.get(link_of(mail.outbox[0].body), follow=True).request["PATH_INFO"]
    invited.post(form, {"new_password1": builders.PASSWORD, "new_password2": builders.PASSWORD})
    assert not is_signed_in(invited)
    invited.post(LOGIN, {"username": "new", "password": builders.PASSWORD})
    assert invited.get("/admin/")["Location"].startswith(PAGE)


def test_pending_user_can_sign_out(admin):
    client = signed_in(admin)
    assert client.post(PAGE, {"leave": "1"})["Location"] == LOGIN
    assert client.get("/admin/")["Location"].startswith(LOGIN)
    assert client.get(PAGE)["Location"] == LOGIN


# --- Who needs a second factor -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whose", "setting", "asked"),
    [
        ("Editors", "NOBODY", False),
        ("Editors", "ADMINISTRATORS", False),
        ("Editors", "EVERYBODY", True),
        ("Moderators", "ADMINISTRATORS", False),
        ("administrator", "NOBODY", False),
        ("administrator", "ADMINISTRATORS", True),
        ("manager of users", "ADMINISTRATORS", True),
    ],
)
def test_setting_decides_who_needs_a_second_factor(settings, whose, setting, asked):
    settings.SECOND_FACTOR = setting
    user = builders.make_user(whose, is_superuser=whose == "administrator")
    if whose == "manager of users":
        user = builders.make_user("Moderators")
        user.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert is_signed_in(signed_in(user)) != asked


def test_user_with_an_app_is_always_asked(settings):
    settings.SECOND_FACTOR = "NOBODY"
    editor = builders.make_user("Editors")
    client = signed_in(editor)
    assert PAGE in client.get("/admin/account/").text
    page = builders.parse(client.get(PAGE))
    send_code(client, code_of(key_of(page)))
    assert is_signed_in(client)
    assert not is_signed_in(signed_in(editor))


def test_defaults_of_production_and_try_out_mode(tmp_path):
    assert read_settings(tmp_path, "settings.SECOND_FACTOR") == "ADMINISTRATORS"
    assert read_settings(tmp_path, "settings.SECOND_FACTOR", SECOND_FACTOR="everybody") == "EVERYBODY"
    assert read_settings(tmp_path, "settings.SECOND_FACTOR", TRY_OUT="1", BASE_URL="") == "NOBODY"


# --- Setting it up -------------------------------------------------------------------------------


def key_of(page):
    """Return the key that the page shows for an app, in hexadecimal."""
    return b32decode(page.select_one("main p code").text).hex()


def test_app_is_set_up_and_recovery_codes_are_shown_once(admin):
    client = signed_in(admin)
    page = builders.parse(client.get("/admin/reports/", follow=True))
    assert page.select_one("main svg path")
    key = key_of(page)
    assert key == key_of(builders.parse(client.get(PAGE))), "to look again changes nothing"
    assert "not right" in send_code(client, "000000").text
    assert not is_signed_in(client)
    assert not TOTPDevice.objects.exists()

    before = client.session.session_key
    response = send_code(client, code_of(key))

    codes = [code.text for code in builders.parse(response).select("li code")]
    assert len(set(codes)) == 10
    assert "no-store" in response["Cache-Control"]
    assert client.session.session_key != before
    assert is_signed_in(client)
    assert client.get(PAGE)["Location"] == "/admin/"
    other = signed_in(admin)
    send_code(other, code_of(key))
    assert not is_signed_in(other), "the code was used to set up"
    stored = {token.token for token in StaticToken.objects.all()}
    assert len(stored) == 10
    assert not stored & {code.replace("-", "") for code in codes}
    assert not stored & {code.replace("-", "")[:16] for code in codes}
    assert key not in str(dict(client.session.items())), "only the database has it"


def test_set_up_page_loads_nothing_from_other_sites(admin):
    page = builders.parse(signed_in(admin).get(PAGE)).main
    assert page.select("[src], [href], [style], script") == []


# --- Signing in with codes -----------------------------------------------------------------------


def test_right_code_signs_in_and_is_valid_once(admin, noon):
    with_app(admin)
    first, second = signed_in(admin), signed_in(admin)
    before = first.session.session_key
    assert "not right" in send_code(first, "000000").text
    assert not is_signed_in(first)
    code = code_of()
    assert send_code(first, code, next="/admin/reports/locked/")["Location"] == "/admin/reports/locked/"
    assert is_signed_in(first)
    assert first.session.session_key != before
    assert "was used already" in send_code(second, code).text
    assert not is_signed_in(second)
    noon.move_to(NOON + STEP)
    send_code(second, code_of())
    assert is_signed_in(second)


def test_expired_code_is_refused(admin, noon):
    with_app(admin)
    code = code_of()
    noon.move_to(NOON + 2 * STEP)
    client = signed_in(admin)
    send_code(client, code)
    assert not is_signed_in(client)


def test_difference_of_the_devices_clock_is_not_stored(admin, noon):
    with_app(admin)
    early, earlier = signed_in(admin), signed_in(admin)
    send_code(early, code_of(step=1))
    assert is_signed_in(early)
    noon.move_to(NOON + 20 * STEP)
    send_code(earlier, code_of(step=2))
    assert not is_signed_in(earlier)


def test_recovery_code_works_once_and_for_its_owner_only(admin):
    other = builders.make_user(is_superuser=True)
    foreign = with_app(other)[0]
    codes = with_app(admin)
    first, second = signed_in(admin), signed_in(admin)
    send_code(first, foreign)
    assert not is_signed_in(first)
    send_code(first, codes[3].upper().replace("-", " "))
    assert is_signed_in(first)
    send_code(second, codes[3])
    assert not is_signed_in(second)
    send_code(second, codes[4])
    assert is_signed_in(second)


def test_stored_hash_of_a_recovery_code_is_no_code(admin):
    with_app(admin)
    client = signed_in(admin)
    send_code(client, StaticToken.objects.first().token)
    assert not is_signed_in(client)


def test_codes_are_throttled(admin, noon):
    codes = with_app(admin)
    for number in range(5):
        assert TOO_MANY not in send_code(signed_in(admin), f"00000{number}").text
    client = signed_in(admin)
    for code in (code_of(), codes[0]):
        assert TOO_MANY in send_code(client, code).text
        assert not is_signed_in(client)
    noon.move_to(NOON + 30 * STEP)
    send_code(client, code_of())
    assert is_signed_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_redirect_stays_on_this_site(admin, target):
    with_app(admin)
    assert send_code(signed_in(admin), code_of(), next=target)["Location"] == "/admin/"


def test_deleting_the_device_ends_the_session(admin):
    with_app(admin)
    client = signed_in(admin)
    send_code(client, code_of())
    TOTPDevice.objects.all().delete()
    assert not is_signed_in(client)


# --- Resetting -----------------------------------------------------------------------------------


def test_administrator_resets_the_second_factor_of_a_user(admin):
    lost = builders.make_user(username="lost", is_superuser=True)
    with_app(lost)
    with_app(admin)
    client = signed_in(admin)
    send_code(client, code_of())
    address = f"/admin/users/second-factor/{lost.pk}/"
    assert builders.parse(client.get("/admin/users/")).select(f"a[href='{address}']")
    assert "call them" in client.get(address).text
    assert TOTPDevice.objects.filter(user=lost).exists(), "to look takes nothing away"
    client.post(address)
    assert not TOTPDevice.objects.filter(user=lost).exists()
    assert not StaticDevice.objects.filter(user=lost).exists()
    assert is_signed_in(client)
    assert builders.parse(signed_in(lost).get(PAGE)).select_one("main svg path")


def test_only_administrators_reset_an_administrator(settings, admin):
    settings.SECOND_FACTOR = "NOBODY"
    with_app(admin)
    manager = builders.make_user("Moderators")
    for user in (builders.make_user("Moderators"), manager):
        assert signed_in(user).post(f"/admin/users/second-factor/{admin.pk}/")["Location"] == "/admin/"
        manager.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert TOTPDevice.objects.filter(user=admin).exists()


def test_command_resets_the_second_factor(admin, capsys):
    with_app(admin)
    with pytest.raises(CommandError, match="no user"):
        call_command("reset_second_factor", "nobody")
    call_command("reset_second_factor", "amina")
    assert "amina sets up a second step anew" in capsys.readouterr().out
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
