"""Resetting the second factor of a user who lost it: by an administrator, and by the command."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.second_factor import factors_of
from tests.support import builders
from tests.support.second_factor import offers_new_app, signed_in_with_code, with_app, with_passkey
from tests.support.signing_in import is_signed_in, signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("db", "factor_required", "noon")]


@pytest.mark.parametrize("give", [with_app, with_passkey])
def test_administrator_resets_the_second_factor_of_a_user(admin, give):
    lost = builders.make_user(username="lost", is_superuser=True)
    give(lost)
    client = signed_in_with_code(admin)
    address = f"/admin/users/second-factor/{lost.pk}/"
    assert builders.parse(client.get("/admin/users/")).select(f"a[href='{address}']")
    assert "call them" in client.get(address).text
    assert factors_of(lost), "GET deletes nothing"
    client.post(address)
    assert not factors_of(lost)
    assert not StaticDevice.objects.filter(user=lost).exists()
    assert is_signed_in(client)
    assert offers_new_app(signed_in(lost))


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
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
