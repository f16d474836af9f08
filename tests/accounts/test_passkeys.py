"""Passkeys: registering and using them as a second factor, and responses that must be refused."""

import json

import pytest
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import passkeys
from accounts.models import Passkey
from tests.support import builders, second_factor
from tests.support.second_factor import MINE, PAGE, options_in, register, send_code, use, with_passkey
from tests.support.signing_in import TOO_MANY, is_signed_in, signed_in
from tests.support.soft_passkey import PRESENT, VERIFIED, SoftPasskey

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("db", "factor_required")]

FALSE_VALUES = [{"flags": PRESENT}, {"flags": VERIFIED}, {"host": "evil.example"}]
FALSE_VALUES += [{"client_data": {"challenge": "AAAA"}}]
FALSE_ORIGINS = ["https://testserver", "http://testserver:8000", "http://evil.example"]
FALSE_VALUES += [{"client_data": {"origin": origin}} for origin in FALSE_ORIGINS]


# --- Registering ---------------------------------------------------------------------------------


def test_passkey_is_set_up_instead_of_an_app_and_signs_in(admin):
    passkey, client = SoftPasskey(), signed_in(admin)
    before = client.session.session_key
    codes = [code.text for code in builders.parse(register(client, passkey)).select("li code")]
    assert len(set(codes)) == 10
    assert is_signed_in(client) and client.session.session_key != before

    other = signed_in(admin)
    assert not is_signed_in(other)
    assert not second_factor.offers_new_app(other), "the password alone sets up no app"
    before = other.session.session_key
    response = use(other, passkey, data={"next": "/admin/reports/locked/"})
    assert response["Location"] == "/admin/reports/locked/"
    assert is_signed_in(other) and other.session.session_key != before
    with_recovery_code = signed_in(admin)
    send_code(with_recovery_code, codes[0])
    assert is_signed_in(with_recovery_code)


def test_passkey_with_a_false_response_is_not_added_and_does_not_sign_in(admin, rf):
    passkey, request = with_passkey(admin), rf.post(PAGE)
    request.session = {}

    def add(**lies):
        options = json.loads(passkeys.registration_options(request, admin))
        return passkeys.add(request, admin, SoftPasskey().register(options, **lies), "x")

    def verify(**lies):
        options = json.loads(passkeys.authentication_options(request, admin))
        return passkeys.verify(request, admin, passkey.authenticate(options, **lies))

    for check, kind, number in ((verify, "webauthn.create", 1), (add, "webauthn.get", 2)):
        for lies in (*FALSE_VALUES, {"client_data": {"type": kind}}):
            assert check(**lies) is None, lies
        assert check()
        assert Passkey.objects.count() == number


def test_passkey_with_an_id_that_is_too_long_is_not_added(admin):
    """Its column of the database has room for the longest ID of WebAuthn. PostgreSQL refuses a longer one."""
    client = signed_in(admin)
    assert "could not be added" in register(client, SoftPasskey(id=bytes(1024))).text
    assert not is_signed_in(client)
    register(client, SoftPasskey(id=bytes(1023)))
    assert Passkey.objects.get().credential_id == "A" * 1364


def test_registration_challenge_is_valid_once_and_in_its_session(admin):
    client, other = signed_in(admin), signed_in(admin)
    options, _others = options_in(client), options_in(other)
    answer = {"passkey": SoftPasskey().register(options), "name": "x"}
    for each in (other, signed_in(admin)):
        each.post(PAGE, answer)
    client.post(PAGE, {"passkey": SoftPasskey().register(options, flags=0), "name": "x"})
    client.post(PAGE, answer)
    assert not Passkey.objects.exists()


def test_options_require_user_verification_and_no_attestation(admin):
    options = options_in(signed_in(admin))
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert (options["attestation"], options["rp"]["id"]) == ("none", "testserver")
    passkey, client = with_passkey(admin), signed_in(admin)
    assert options_in(client)["userVerification"] == "required"
    use(client, passkey)
    known = [each["id"] for each in options_in(client, MINE)["excludeCredentials"]]
    assert known == [Passkey.objects.get().credential_id], "the browser refuses a device twice"


def second_factors():
    """Return the keys of all apps, and the IDs of all passkeys."""
    apps = TOTPDevice.objects.values_list("key", flat=True)
    return [*apps, *Passkey.objects.values_list("credential_id", flat=True)]


@pytest.mark.parametrize("give", [second_factor.with_app, with_passkey])
def test_user_with_a_factor_cannot_add_one_with_the_password_alone(admin, give):
    give(admin)
    before, client = second_factors(), signed_in(admin)
    assert client.get(MINE)["Location"].startswith(PAGE)
    assert not second_factor.offers_new_app(client)
    # Even with what the page would have offered.
    session, key = client.session, "f" * 40
    session[passkeys.REGISTRATION_CHALLENGE] = "AAAA"
    session["second_factor_key"] = key
    session.save()
    options = {"rp": {"id": "testserver"}, "challenge": "AAAA"}
    for address in (PAGE, MINE):
        client.post(address, {"passkey": SoftPasskey().register(options), "name": "x"})
        client.post(address, {"code": second_factor.code_of(key)})
    assert second_factors() == before
    assert not is_signed_in(client)


def test_passkey_of_another_user_is_neither_added_nor_removed(admin, amina):
    assert "could not be added" in register(signed_in(amina), with_passkey(admin)).text
    remove(signed_in(amina), Passkey.objects.get())
    assert Passkey.objects.get().user == admin


# --- Signing in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("has", ["app", "passkey", "app and passkey"])
def test_page_asks_for_what_the_user_has(admin, has):
    for name, give in (("passkey", with_passkey), ("app", second_factor.with_app)):
        if name in has:
            give(admin)
    page = builders.parse(signed_in(admin).get(PAGE)).main
    said = " ".join(page.get_text(" ").split())
    assert "Account: admin" in said
    assert ("your phone shows" in said, "use your passkey" in said) == ("app" in has, "passkey" in has)
    label = page.select_one("[for=id_code]").get_text(strip=True)
    assert label.startswith("Code" if "app" in has else "Recovery code")


def test_authentication_challenge_is_valid_once_and_in_its_session(admin):
    passkey = with_passkey(admin)
    client, other, without_challenge = (signed_in(admin) for _number in range(3))
    answer = passkey.authenticate(options_in(client))
    options_in(other)
    for each, is_valid in ((other, False), (client, True), (without_challenge, False)):
        each.post(PAGE, {"passkey": answer})
        assert is_signed_in(each) == is_valid
    assert passkeys.AUTHENTICATION_CHALLENGE not in client.session
    options = options_in(other)
    other.post(PAGE, {"passkey": passkey.authenticate(options, flags=0)})
    other.post(PAGE, {"passkey": passkey.authenticate(options)})
    assert not is_signed_in(other)


def test_other_passkeys_and_a_copy_with_a_lower_count_do_not_sign_in(admin):
    passkey = with_passkey(admin)
    foreign = with_passkey(builders.make_user(is_superuser=True))
    copy = SoftPasskey(passkey.key, passkey.id, passkey.count)
    use(signed_in(admin), passkey)
    for wrong in (foreign, SoftPasskey(id=passkey.id), SoftPasskey(), copy):
        client = signed_in(admin)
        assert "was not accepted" in use(client, wrong).text
        assert not is_signed_in(client)


def test_malformed_response_is_no_passkey(admin, rf):
    with_passkey(admin)
    texts = ["", "{", "[]", "null", "7", '"id"', "{}", '{"id": 7}', '{"id": "\\u0000"}']
    # One without a signature, and JSON so deep that Python's parser raises another error.
    texts += [json.dumps({"id": Passkey.objects.get().credential_id}), "[" * 99999]
    request = rf.post(PAGE)
    for text in texts:
        request.session = {passkeys.AUTHENTICATION_CHALLENGE: "AAAA", passkeys.REGISTRATION_CHALLENGE: "AAAA"}
        assert passkeys.verify(request, admin, text) is None, text
        assert passkeys.add(request, admin, text, "x") is None, text
    assert Passkey.objects.count() == 1


def test_passkeys_and_codes_share_one_limit(admin):
    passkey = with_passkey(admin)
    for number in range(3):  # and two passkeys: five attempts, which is the limit
        assert TOO_MANY not in send_code(signed_in(admin), f"00000{number}").text
    for _ in range(2):
        assert TOO_MANY not in use(signed_in(admin), SoftPasskey()).text
    client = signed_in(admin)
    assert TOO_MANY in use(client, passkey).text
    assert not is_signed_in(client)


# --- Adding and removing -------------------------------------------------------------------------


def remove(client, device):
    return client.post(MINE, {"remove": device.persistent_id}, follow=True)


def test_several_passkeys_are_added_named_and_removed(admin):
    _first, client = second_factor.signed_in_with_passkey(admin)
    assert MINE in client.get("/admin/account/").text
    second, options = SoftPasskey(), options_in(client, MINE)
    answer = {"passkey": second.register(options), "name": "<b>Phone</b>"}
    assert client.post(MINE, answer)["Location"] == MINE
    client.post(MINE, {"passkey": SoftPasskey().register(options), "name": "with the same challenge"})
    assert StaticToken.objects.count() == 10, "the recovery codes stay"
    page = client.get(MINE).text
    assert "My stick" in page and "&lt;b&gt;Phone&lt;/b&gt;" in page
    other = signed_in(admin)
    use(other, second)
    assert is_signed_in(other)
    remove(client, Passkey.objects.get(name="<b>Phone</b>"))
    assert Passkey.objects.get().name == "My stick"
    assert (is_signed_in(client), is_signed_in(other)) == (True, False), "its sessions end"
    other = signed_in(admin)
    use(other, second)
    assert not is_signed_in(other)


def test_app_is_added_to_a_passkey_and_recovery_codes_stay(admin):
    _passkey, client = second_factor.signed_in_with_passkey(admin)
    codes = set(StaticToken.objects.values_list("token", flat=True))
    key = second_factor.key_of(client)
    assert send_code(client, second_factor.code_of(key))["Location"] == MINE
    assert (TOTPDevice.objects.get().key, Passkey.objects.count()) == (key, 1)
    assert set(StaticToken.objects.values_list("token", flat=True)) == codes
    assert is_signed_in(client)


def test_last_factor_is_removed_only_if_none_is_required(admin, amina):
    _passkey, client = second_factor.signed_in_with_passkey(admin)
    assert "add another before" in remove(client, Passkey.objects.get()).text
    assert Passkey.objects.exists() and is_signed_in(client)
    _passkey, client = second_factor.signed_in_with_passkey(amina)
    remove(client, Passkey.objects.get(user=amina))
    assert not Passkey.objects.filter(user=amina).exists()
    assert not StaticToken.objects.filter(device__user=amina).exists(), "the codes only replace it"
    assert is_signed_in(signed_in(amina))
