"""Second factors in a browser, with the site's Content-Security-Policy: a passkey and an app."""

from base64 import b32decode

import pytest
from django_otp.oath import totp
from playwright.sync_api import expect

from accounts.models import Passkey
from accounts.second_factor import RECOVERY_CODE_COUNT
from tests.browser.admin import expect_home, gap, give_session, open_tab, sign_in
from tests.support import builders
from tests.support.accessibility import run_axe

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def amina(settings, db):
    """An administrator who has no second factor yet, and needs one."""
    settings.SECOND_FACTOR = "ADMINISTRATORS"
    return builders.make_user(username="amina", is_superuser=True)


def open_admin(page, address, user):
    """Open the admin as `user`, who is signed in by password. It asks for the second factor."""
    give_session(page, address, user)
    page.goto(f"{address}/admin/")


def add_authenticator(page, verified=True):
    """Add a virtual authenticator to the browser. `verified`: whether it recognises its owner."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "isUserVerified": verified}
    options |= dict.fromkeys(("hasUserVerification", "hasResidentKey", "automaticPresenceSimulation"), True)
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_administrator_adds_a_passkey_by_keyboard_and_signs_in_with_it(live_server, new_page, amina):
    tab = open_tab(new_page)
    add_authenticator(tab)
    open_admin(tab, live_server.url, amina)
    expect(tab.get_by_role("heading", name="Protect your account")).to_be_visible()
    expect(tab.get_by_text("A passkey needs JavaScript")).to_have_count(0)
    assert run_axe(tab) == []
    tab.get_by_label("Name of the passkey").fill("My laptop")
    assert gap(tab.get_by_role("button", name="Sign in"), tab.get_by_text("Name of the passkey")) > 15
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Add a passkey")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("listitem")).to_have_count(RECOVERY_CODE_COUNT)
    tab.get_by_role("link", name="I wrote them down").click()
    expect_home(tab)

    open_admin(tab, live_server.url, amina)  # in a new session
    expect(tab.get_by_role("heading", name="Second step")).to_be_visible()
    assert run_axe(tab) == []
    tab.get_by_role("button", name="Use a passkey").click()
    expect_home(tab)

    # The browser refuses a second passkey of the same authenticator, and the page says so.
    tab.goto(f"{live_server.url}/admin/second-factor/mine/")
    expect(tab.get_by_text("Passkey “My laptop”")).to_be_visible()
    assert run_axe(tab) == []
    tab.get_by_role("button", name="Add a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("No passkey was added.")
    tab.get_by_role("button", name="Remove My laptop").click()
    expect(tab.get_by_role("alert").first).to_contain_text("add another before you remove this one")
    assert Passkey.objects.count() == 1

    # An app for codes, besides. Its code is valid one step of 30 seconds early or late, and only once.
    tab.get_by_role("link", name="Set up an app for codes").click()
    picture = tab.locator("main svg").bounding_box()  # the QR code
    assert picture["width"] == picture["height"] > 100
    key = b32decode(tab.locator("main p code").inner_text())
    tab.get_by_label("Code").fill(f"{totp(key, drift=-1):06d}")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("textbox", name="Code", exact=True)).to_have_count(0)
    tab.context.clear_cookies()
    sign_in(tab, live_server.url)
    tab.get_by_label("Code").fill(f"{totp(key, drift=1):06d}")
    tab.get_by_role("button", name="Sign in").click()
    expect_home(tab)


def test_authenticator_that_does_not_recognise_its_owner_adds_no_passkey(live_server, new_page, amina):
    tab = open_tab(new_page)
    add_authenticator(tab, verified=False)
    open_admin(tab, live_server.url, amina)
    tab.get_by_role("button", name="Add a passkey").click()
    expect(tab.get_by_role("alert")).to_contain_text("No passkey was added.")
    assert not Passkey.objects.exists()


def test_without_javascript_a_code_works_and_the_page_says_so(live_server, new_page, amina):
    page = new_page(java_script_enabled=False)
    open_admin(page, live_server.url, amina)
    expect(page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    expect(page.get_by_label("Code")).to_be_visible()
