"""The limits of the throttle, and the network address that they are counted for."""

import pytest
from django.test import Client, RequestFactory

from accounts import throttle
from accounts.throttle import Throttle, address_of
from tests.accounts.test_second_factor import send_code, signed_in, with_app
from tests.accounts.test_signing_in import COOL_OFF, NOON, TOO_MANY, is_refused, is_signed_in, sign_in
from tests.site_project.test_environment import read_settings, run
from tests.support import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def amina():
    return builders.make_user("Editors", username="Amina")


def guess(times, address, name="Amina", purpose="password"):
    """Return how many of `times` attempts for `name` from `address` are checked."""
    request = RequestFactory(REMOTE_ADDR=address).get("/")
    return sum(Throttle(purpose, request, name).allow_attempt() for _ in range(times))


# --- Limits --------------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_a_name_for_their_address_only(amina):
    for _ in range(6):
        refused = sign_in("Amina", address="198.51.100.7")
    assert is_refused(refused)
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address="192.0.2.1"))
    assert is_refused(sign_in("Amina", builders.PASSWORD, address="198.51.100.7")), "it opens nowhere else"


def test_name_has_a_limit_for_all_addresses_together(amina, noon):
    checked = [guess(9, f"198.51.100.{number}") for number in range(30)]
    assert checked == [5] * 20 + [0] * 10
    assert is_refused(sign_in("Amina", builders.PASSWORD))
    assert is_refused(sign_in("Amina", builders.PASSWORD, address="10.0.0.1"))
    noon.move_to(NOON + COOL_OFF)
    assert is_signed_in(sign_in("Amina", builders.PASSWORD))


def test_one_home_line_locks_a_name_for_itself_only(amina):
    """A home gets a /56, which has 256 networks of /64."""
    assert sum(guess(9, f"2001:db8:0:12{number:02x}::1") for number in range(30)) == 5
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address="192.0.2.1"))


def test_successful_sign_in_gives_other_addresses_no_new_attempts(amina):
    for number in range(20):
        guess(4, f"198.51.100.{number}")
    for _ in range(3):
        assert is_signed_in(sign_in("Amina", builders.PASSWORD))
    assert sum(guess(9, f"203.0.113.{number}") for number in range(9)) == 20


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["127.0.0.1"], ["172.17.0.1"], ["192.168.1.1"], ["100.64.0.1"], ["::1"], ["fd00::1"]],
)
@pytest.mark.parametrize("trusted", [0, 1])
def test_attempts_from_an_internal_address_lock_nobody_else(settings, amina, addresses, trusted):
    settings.TRUST_PROXY = trusted
    [address] = addresses
    for number in range(25):
        sign_in(f"name-{number}", address=address)
    for _ in range(9):
        sign_in("Amina", address=address)
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address=address))


def test_address_of_the_proxy_is_not_used_without_the_header(settings, amina):
    settings.TRUST_PROXY = 1
    for number in range(25):
        sign_in(f"name-{number}", address="192.0.2.80")
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address="192.0.2.80"))


def test_codes_have_a_low_limit_for_all_addresses(settings):
    settings.SECOND_FACTOR = "ADMINISTRATORS"
    admin = builders.make_user(username="admin", is_superuser=True)
    with_app(admin)
    client = signed_in(admin)
    answers = []
    for number in range(6):
        client.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        answers.append(TOO_MANY in send_code(client, f"00000{number}").text)
    assert answers == [False] * 5 + [True]


def test_limits_match_the_documentation():
    assert throttle.PER_NAME * 24 * 60 // 15 == 9600
    assert throttle.PER_NAME // throttle.PER_NAME_AND_ADDRESS == 20


# --- Addresses -----------------------------------------------------------------------------------

SPELLINGS = {
    "192.0.2.1": "192.0.2.1",
    " 192.0.2.1 ": "192.0.2.1",
    "192.0.2.1:4711": "192.0.2.1",
    '"192.0.2.1:4711"': "192.0.2.1",
    "::ffff:192.0.2.1": "192.0.2.1",
    "[::ffff:192.0.2.1]:4711": "192.0.2.1",
    "64:ff9b::192.0.2.1": "192.0.2.1",
    "[64:ff9b::c000:201]:4711": "192.0.2.1",
    "::ffff:0:192.0.2.1": "192.0.2.1",
    "2002:c000:201::1": "192.0.2.1",
    "64:ff9b::10.0.0.1": "",
    "2001:db8::1": "2001:db8::/56",
    "2001:db8::2:4711": "2001:db8::/56",
    "[2001:db8::1]": "2001:db8::/56",
    "[2001:db8::1]:4711": "2001:db8::/56",
    '"[2001:db8::1]:4711"': "2001:db8::/56",
    "2001:db8::1%eth0": "2001:db8::/56",
    "unknown": "",
    "_hidden": "",
    "": "",
    ",": "",
    "192.0.2.300": "",
    "192.0.2.1:": "",
    "10.1.2.3:4711": "",
    "[::1]:4711": "",
    "::ffff:10.0.0.1": "",
    "[fe80::1%eth0]:1": "",
    "\u0661\u0669\u0662.0.2.1": "",
}


@pytest.mark.parametrize(("written", "address"), SPELLINGS.items())
def test_address_is_parsed_in_the_forms_that_proxies_write(settings, written, address):
    settings.TRUST_PROXY = 1
    request = RequestFactory(REMOTE_ADDR="192.0.2.80").get("/", headers={"X-Forwarded-For": written})
    assert address_of(request) == address


@pytest.mark.parametrize(
    ("trusted", "written", "address"),
    [
        (0, "198.51.100.1", "192.0.2.80"),
        (1, "198.51.100.1, 198.51.100.2, 198.51.100.3", "198.51.100.3"),
        (2, "198.51.100.1, 198.51.100.2, 198.51.100.3", "198.51.100.2"),
        (2, "198.51.100.1:5,198.51.100.2:6", "198.51.100.1"),
        (2, "198.51.100.1", ""),
        (2, None, ""),
        (3, "198.51.100.1, unknown, 198.51.100.3, 10.0.0.1", ""),
    ],
)
def test_address_with_several_proxies_in_a_chain(settings, trusted, written, address):
    settings.TRUST_PROXY = trusted
    headers = {} if written is None else {"X-Forwarded-For": written}
    assert address_of(RequestFactory(REMOTE_ADDR="192.0.2.80").get("/", headers=headers)) == address


@pytest.mark.parametrize(
    ("value", "number"), [("", 0), ("0", 0), ("off", 0), ("1", 1), ("on", 1), ("2", 2), ("9", 9)]
)
def test_number_of_proxies_from_the_environment(tmp_path, value, number):
    assert read_settings(tmp_path, "settings.TRUST_PROXY", TRUST_PROXY=value) == str(number)


@pytest.mark.parametrize("value", ["10", "-1", "1.5", "\u0662x"])
def test_wrong_number_of_proxies_stops_the_start(tmp_path, value):
    result = run("import site_project.settings", tmp_path, TRUST_PROXY=value)
    assert result.returncode == 1
    assert result.stderr.startswith("TRUST_PROXY must be the number of proxies")


def test_request_without_an_address_signs_in(amina):
    client = Client(REMOTE_ADDR="")
    data = {"username": "Amina", "password": builders.PASSWORD}
    assert client.post("/admin/login/", data).status_code == 302
