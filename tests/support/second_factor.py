"""Second factors and proofs in the tests: codes of an app, passkeys, and authenticating again.

A proof says that the user gave the password or the second factor a short time ago.
"""

import datetime
import json
import time
from base64 import b32decode
from binascii import unhexlify

from django_otp.oath import totp

from accounts import reauthentication, second_factor
from tests.support import builders, signing_in, soft_passkey

# The pages on which a user gives the second factor, and manages their own.
PAGE, MINE = "/admin/second-factor/", "/admin/second-factor/mine/"
# For this time an app shows the same code.
STEP = datetime.timedelta(seconds=30)
# The secret of the app that with_app() registers, in hexadecimal.
KEY = "0123456789abcdef0123456789abcdef01234567"
# The heading of the page that asks a user to authenticate again.
ASKED = "Is it you?"


def code_of(key=KEY, step=0):
    """Return the code that an app with `key` shows now, or `step` times 30 seconds later."""
    return f"{totp(unhexlify(key), drift=step):06d}"


def with_app(user):
    """Register an app with KEY for `user`; return the recovery codes."""
    # With the previous code, because signing in needs a later code than this one.
    assert second_factor.add_app(user, KEY, code_of(step=-1))
    return second_factor.replace_recovery_codes(user)


def signed_in_with_code(user):
    """Return a client in which `user`, who gets an app, has given the password and a code."""
    with_app(user)
    client = signing_in.signed_in(user)
    send_code(client, code_of())
    return client


def send_code(client, code, **data):
    return client.post(PAGE, {"code": code} | data)


def key_of(client):
    """Return the key that the page shows for a new app, in hexadecimal."""
    return b32decode(builders.parse(client.get(PAGE)).select_one("main p code").text).hex()


def offers_new_app(client):
    """Return whether the page shows the picture with which an app is set up."""
    return bool(builders.parse(client.get(PAGE)).select("main svg path"))


# --- Passkeys ------------------------------------------------------------------------------------


def options_in(client, address=PAGE):
    """Return the WebAuthn options in the page."""
    form = builders.parse(client.get(address)).select_one("form[data-passkey]")
    return json.loads(form["data-passkey"])


def register(client, passkey, address=PAGE):
    """Add `passkey` in the page at `address`; return the response."""
    answer = passkey.register(options_in(client, address))
    return client.post(address, {"passkey": answer, "name": "My stick"})


def with_passkey(user):
    """Register a passkey for `user` and return it."""
    passkey, client = soft_passkey.SoftPasskey(), signing_in.signed_in(user)
    assert register(client, passkey).status_code == 200
    assert signing_in.is_signed_in(client)
    return passkey


def signed_in_with_passkey(user):
    """Return a passkey that is registered for `user`, and a client in which it was used to sign in."""
    passkey, client = with_passkey(user), signing_in.signed_in(user)
    use(client, passkey)
    return passkey, client


def use(client, passkey, address=PAGE, data=None):
    """Answer the page at `address` with `passkey`; return the response."""
    answer = passkey.authenticate(options_in(client, address))
    return client.post(address, {"passkey": answer} | (data or {}))


# --- Authenticating again ------------------------------------------------------------------------


def make_stale(client, *keys):
    """Make the proofs in the session of `client` too old for changes to who can sign in.

    `keys`: those of the session, for only one of the two proofs.
    """
    session = client.session
    for key in keys or (reauthentication.IDENTITY_VERIFIED_AT, second_factor.FACTOR_VERIFIED_AT):
        session[key] = time.time() - reauthentication.VALID_FOR.total_seconds() - 1
    session.save()


def signed_in_without_proof(user):
    """Return a client in which `user` is signed in, but too long ago for a proof."""
    client = signing_in.signed_in(user)
    make_stale(client)
    return client


def answer(client, response, **proof):
    """Fill `proof` into the form in `response`, the page that asks, and return the next response."""
    page = builders.parse(response)
    [form] = [form for form in page.select("main form") if form.select_one("[name=password], [name=code]")]
    data = {}
    for field in form.select("input[type=hidden]"):
        data.setdefault(field["name"], []).append(field["value"])
    request = response.request
    return client.post(f"{request['PATH_INFO']}?{request['QUERY_STRING']}", data | proof)
