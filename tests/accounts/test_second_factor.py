"""The second factor: authenticator apps, recovery codes, its reset, and what a pending user can't do.

A pending user has given the password and not yet the second factor. The clock stands at NOON. STEP is the 30
seconds for which an app shows the same code. `admin` is an administrator, `amina` an editor (conftest.py).
"""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.http import JsonResponse
from django.urls import path
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.second_factor import factors_of
from site_project import urls
from tests.support import builders, second_factor, signing_in
from tests.support.second_factor import PAGE, STEP, code_of, key_of, offers_new_app, send_code, with_app
from tests.support.signing_in import FOREIGN_TARGETS, NOON, TOO_MANY, is_signed_in, signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("db", "factor_required", "noon")]

# --- Pending users -------------------------------------------------------------------------------
# tests/accounts/test_closed_admin.py tests that every route of the admin is closed to them.


def test_pending_user_is_anonymous_on_the_public_site(admin):
    private = builders.make_private(builders.make_plain_page("For members"))
    draft = builders.make_story(live=False)
    client = signed_in(admin)
    for address in (private.url, f"/admin/pages/{draft.pk}/view_draft/"):
        assert client.get(address).status_code == 302
    assert "/admin/pages/" not in client.get("/").text, "no bar for editors"


async def who_am_i(request):
    return JsonResponse({"name": (await request.auser()).get_username()})


class AsyncUrls:
    """The URLs of the site and an asynchronous view."""

    urlpatterns = [path("who/", who_am_i), *urls.urlpatterns]
    handler500 = urls.handler500


@pytest.mark.parametrize("has_app", [True, False])
def test_pending_user_is_anonymous_in_an_asynchronous_view(settings, admin, amina, has_app):
    if has_app:
        with_app(admin)
    settings.ROOT_URLCONF = AsyncUrls
    assert signed_in(amina).get("/who/").json() == {"name": "amina"}
    assert signed_in(admin).get("/who/").json() == {"name": ""}


def test_login_of_private_pages_asks_for_the_second_factor(admin, client):
    with_app(admin)
    private = builders.make_private(builders.make_plain_page("For members"))
    client.post("/_util/login/", {"username": "admin", "password": builders.PASSWORD})
    assert not is_signed_in(client)
    response = client.get(private.url, follow=True)
    assert response.request["PATH_INFO"] == PAGE
    response = send_code(client, code_of(), next=builders.parse(response).select_one("[name=next]")["value"])
    assert response["Location"] == private.url
    assert client.get(private.url).status_code == 200


def test_password_reset_does_not_replace_the_second_factor(admin, client):
    with_app(admin)
    signing_in.ask_reset(admin.email)
    form = client.get(signing_in.last_link("password_reset/confirm"), follow=True)
    assert "Account: <b>admin</b>" in form.text
    assert signing_in.choose_password(client, form).status_code == 302
    assert not is_signed_in(client)
    client = signed_in(admin, signing_in.NEW_PASSWORD)
    assert client.get("/admin/")["Location"].startswith(PAGE)
    send_code(client, code_of())
    assert is_signed_in(client)


# --- Who needs a second factor -------------------------------------------------------------------


# `who`: a group, or a user with other rights, who is in no group or in that of Moderators.
@pytest.mark.parametrize(
    ("setting", "asked", "others"),
    [
        ("NOBODY", [], ["Editors", "administrator"]),
        ("ADMINISTRATORS", ["administrator", "manager of users"], ["Editors", "Moderators"]),
        ("EVERYBODY", ["Editors"], []),
    ],
)
def test_setting_decides_who_needs_a_second_factor(settings, setting, asked, others):
    settings.SECOND_FACTOR = setting
    for who in asked + others:
        group = "Moderators" if who == "manager of users" else who
        user = builders.make_user(group, is_superuser=who == "administrator")
        if who == "manager of users":
            user.user_permissions.add(Permission.objects.get(codename="change_user"))
        assert is_signed_in(signed_in(user)) == (who in others), who


def test_user_with_an_app_is_always_asked(settings, amina):
    settings.SECOND_FACTOR = "NOBODY"
    client = signed_in(amina)
    assert PAGE in client.get("/admin/account/").text
    send_code(client, code_of(key_of(client)))
    assert is_signed_in(client) and not is_signed_in(signed_in(amina))


# --- Setting it up -------------------------------------------------------------------------------


def test_app_is_set_up_and_recovery_codes_are_shown_once(admin):
    client = signed_in(admin)
    assert client.get("/admin/reports/")["Location"].startswith(PAGE)
    assert offers_new_app(client)
    key = key_of(client)
    assert key == key_of(client), "the page shows the same key again"
    assert "not right" in send_code(client, "000000").text
    assert not is_signed_in(client) and not TOTPDevice.objects.exists()

    before = client.session.session_key
    response = send_code(client, code_of(key))
    codes = [code.text for code in builders.parse(response).select("li code")]
    assert len(set(codes)) == 10
    assert "no-store" in response["Cache-Control"]
    assert is_signed_in(client) and client.session.session_key != before
    assert client.get(PAGE)["Location"] == "/admin/"
    other = signed_in(admin)
    send_code(other, code_of(key))
    assert not is_signed_in(other), "the code was used to set up"
    stored = {token.token for token in StaticToken.objects.all()}
    assert len(stored) == 10 and not stored & {code.replace("-", "") for code in codes}
    assert key not in str(dict(client.session.items())), "the session forgets the key"


# --- Signing in with codes -----------------------------------------------------------------------


def test_right_code_signs_in_and_is_valid_once(admin, noon):
    with_app(admin)
    first, second = signed_in(admin), signed_in(admin)
    before, code = first.session.session_key, code_of()
    assert "not right" in send_code(first, "000000").text
    assert not is_signed_in(first)
    assert send_code(first, code, next="/admin/reports/locked/")["Location"] == "/admin/reports/locked/"
    assert is_signed_in(first) and first.session.session_key != before
    assert "was used already" in send_code(second, code).text
    assert not is_signed_in(second)
    noon.move_to(NOON + STEP)
    send_code(second, code_of())
    assert is_signed_in(second)


def test_difference_of_the_devices_clock_is_not_stored(admin, noon):
    """A code may be one step ahead of the server's clock. After one that was, two steps are still too many.

    With OTP_TOTP_SYNC, django-otp would store the difference, and take later codes relative to it.
    """
    with_app(admin)
    for number, is_right in ((0, True), (1, False)):
        noon.move_to(NOON + number * STEP)
        client = signed_in(admin)
        send_code(client, code_of(step=number + 1))
        assert is_signed_in(client) == is_right


def test_recovery_code_works_once_and_for_its_owner_only(admin):
    # with_app() returns the recovery codes.
    foreign = with_app(builders.make_user(is_superuser=True))[0]
    codes = with_app(admin)
    stored_hash = StaticToken.objects.filter(device__user=admin).first().token
    typed = codes[3].upper().replace("-", " ")
    for code, is_right in ((foreign, 0), (stored_hash, 0), (typed, 1), (codes[3], 0), (codes[4], 1)):
        client = signed_in(admin)
        send_code(client, code)
        assert is_signed_in(client) == is_right


def test_codes_are_throttled(admin, noon):
    """The limit is for the user, so attempts from other addresses count too."""
    codes = with_app(admin)
    for number in range(5):
        client = signed_in(admin)
        client.defaults["REMOTE_ADDR"] = f"9.51.100.{number}"
        assert TOO_MANY not in send_code(client, f"00000{number}").text
    client = signed_in(admin)
    for code in (code_of(), codes[0]):
        assert TOO_MANY in send_code(client, code).text
        assert not is_signed_in(client)
    noon.move_to(NOON + 30 * STEP)  # 15 minutes, after which the limit ends
    send_code(client, code_of())
    assert is_signed_in(client)


def test_redirect_stays_on_this_site_and_deleting_the_device_ends_the_session(admin, noon):
    with_app(admin)
    for number, target in enumerate(FOREIGN_TARGETS):
        noon.move_to(NOON + number * STEP)
        client = signed_in(admin)
        assert send_code(client, code_of(), next=target)["Location"] == "/admin/", target
    assert is_signed_in(client)
    TOTPDevice.objects.all().delete()
    assert not is_signed_in(client)


# --- Resetting it: by an administrator, and by the command ----------------------------------------


@pytest.mark.parametrize("give", [with_app, second_factor.with_passkey])
def test_administrator_resets_the_second_factor_of_a_user(admin, give):
    lost = builders.make_user(username="lost", is_superuser=True)
    give(lost)
    client, address = second_factor.signed_in_with_code(admin), f"/admin/users/second-factor/{lost.pk}/"
    assert builders.parse(client.get("/admin/users/")).select(f"a[href='{address}']")
    assert "call them" in client.get(address).text
    assert factors_of(lost), "GET deletes nothing"
    client.post(address)
    assert not factors_of(lost) and not StaticDevice.objects.filter(user=lost).exists()
    assert is_signed_in(client) and offers_new_app(signed_in(lost))


def test_only_administrators_reset_an_administrator(settings, admin):
    settings.SECOND_FACTOR = "NOBODY"
    with_app(admin)
    manager = builders.make_user("Moderators")
    manager.user_permissions.add(Permission.objects.get(codename="change_user"))
    for user in (builders.make_user("Moderators"), manager):
        assert signed_in(user).post(f"/admin/users/second-factor/{admin.pk}/")["Location"] == "/admin/"
    assert TOTPDevice.objects.filter(user=admin).exists()


def test_command_resets_the_second_factor(admin, capsys):
    with_app(admin)
    with pytest.raises(CommandError, match="no user"):
        call_command("reset_second_factor", "nobody")
    call_command("reset_second_factor", "admin")
    assert "admin sets up a second step anew" in capsys.readouterr().out
    assert not TOTPDevice.objects.exists() and not StaticDevice.objects.exists()
