"""The limits of the throttle, and the network address that they are counted for."""

import pytest
from django.test import RequestFactory

from accounts.throttle import Throttle, address_of
from tests.support.builders import PASSWORD
from tests.support.signing_in import COOL_OFF, NOON, attempt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def guess(times, address, name="amina"):
    """Return how many of `times` attempts for `name` from `address` are allowed."""
    request = RequestFactory(REMOTE_ADDR=address).get("/")
    return sum(Throttle("password", request, name).allow_attempt() for _ in range(times))


# --- Limits --------------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_a_name_for_their_address_only(amina):
    assert [attempt("amina", address="9.51.100.7").refused for _ in range(6)] == [False] * 5 + [True]
    assert attempt("amina", PASSWORD, address="9.0.2.1").signed_in
    assert attempt("amina", PASSWORD, address="9.51.100.7").refused, "a success elsewhere clears nothing"


def test_name_has_a_limit_for_all_addresses_together(amina, noon):
    allowed = [guess(6, f"9.51.100.{number}") for number in range(22)]
    # Five for each address, until the name's limit of 100 is reached.
    assert allowed == [5] * 20 + [0] * 2
    assert attempt("amina", PASSWORD).refused
    assert attempt("amina", PASSWORD, address="10.0.0.1").refused
    noon.move_to(NOON + COOL_OFF)
    assert attempt("amina", PASSWORD).signed_in


def test_one_home_line_locks_a_name_for_itself_only(amina):
    """A home gets a /56, which has 256 networks of /64."""
    assert [guess(6, f"2a00:db8:0:12{number}::1") for number in ("00", "80", "ff")] == [5, 0, 0]
    assert attempt("amina", PASSWORD, address="9.0.2.1").signed_in


def test_successful_sign_in_gives_other_addresses_no_new_attempts(amina):
    for number in range(20):
        guess(4, f"9.51.100.{number}")
    for _ in range(3):
        assert attempt("amina", PASSWORD).signed_in
    # The attempts above were 80 of the 100 that a name has.
    assert [guess(6, f"9.0.113.{number}") for number in range(5)] == [5, 5, 5, 5, 0]


@pytest.mark.parametrize("address", ["10.0.0.1", ""])
def test_attempts_from_an_internal_address_or_none_lock_nobody_else(amina, address):
    for number in range(25):
        guess(1, address, f"name-{number}")
    guess(9, address)
    assert attempt("amina", PASSWORD, address=address).signed_in


# --- Addresses -----------------------------------------------------------------------------------

# {address, or IPv6 network, that is counted; "" if it is none on the internet: what a proxy writes for it}.
SPELLINGS = {
    "9.0.2.1": [
        *(" 9.0.2.1 ", "9.0.2.1:4711", '"9.0.2.1:4711"', "::ffff:9.0.2.1", "[::ffff:9.0.2.1]:4711"),
        *("64:ff9b::9.0.2.1", "[64:ff9b::900:201]:4711", "::ffff:0:9.0.2.1", "2002:900:201::1", "9.0.2.1"),
    ],
    "2a00:db8::/56": [
        *("2a00:db8::1", "[2a00:db8::1]", "[2a00:db8::1]:4711", '"[2a00:db8::1]:4711"', "2a00:db8::1%eth0"),
        "2a00:db8::2:4711",  # no port, because it has no brackets
    ],
    "": [
        *("64:ff9b::10.0.0.1", "unknown", "_hidden", "", ",", "9.0.2.300", "9.0.2.1:", "10.1.2.3:4711"),
        *("[::1]:4711", "::ffff:10.0.0.1", "[fe80::1%eth0]:1"),
        "\u0661\u0669\u0662.0.2.1",  # 192 in Arabic digits
    ],
}


@pytest.mark.sqlite_only
def test_internal_address_is_not_counted(settings):
    """Such an address is that of a proxy, so all visitors may have it."""
    settings.TRUST_PROXY = 0
    internal = ["10.0.0.1", "127.0.0.1", "172.17.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"]
    assert {address_of(RequestFactory(REMOTE_ADDR=address).get("/")) for address in internal} == {""}


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("trusted", "written", "address"),
    [
        *((1, written, address) for address, forms in SPELLINGS.items() for written in forms),
        (0, "9.51.100.1", "9.0.2.80"),
        (1, "9.51.100.1, 9.51.100.2, 9.51.100.3", "9.51.100.3"),
        (2, "9.51.100.1, 9.51.100.2, 9.51.100.3", "9.51.100.2"),
        (2, "9.51.100.1:5,9.51.100.2:6", "9.51.100.1"),
        (2, "9.51.100.1", ""),
        (3, "9.51.100.1, unknown, 9.51.100.3, 10.0.0.1", ""),  # "unknown" is the third from the end
        # Without the header, the address of the proxy itself is not used instead.
        (1, None, ""),
        (2, None, ""),
    ],
)
def test_address_with_several_proxies_in_a_chain(settings, trusted, written, address):
    settings.TRUST_PROXY = trusted
    headers = {} if written is None else {"X-Forwarded-For": written}
    assert address_of(RequestFactory(REMOTE_ADDR="9.0.2.80").get("/", headers=headers)) == address
