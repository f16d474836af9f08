"""The page that asks a user to authenticate again: by keyboard, without JavaScript, narrow and wide."""

import time

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from accounts.reauthentication import VALID_FOR
from accounts.second_factor import FACTOR_VERIFIED_AT
from accounts.sessions import IDENTITY_VERIFIED_AT, SessionStore
from tests.browser.admin import give_session, open_tab
from tests.support import builders
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.signing_in import ACCOUNT, WRONG_PASSWORD

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def amina(db):
    return builders.make_user("Editors", username="amina", first_name="Amina", last_name="B.")


def make_stale():
    """Let all sessions look as if their users last gave their password and code too long ago."""
    for key in Session.objects.values_list("session_key", flat=True):
        session = SessionStore(key)
        for name in (IDENTITY_VERIFIED_AT, FACTOR_VERIFIED_AT):
            session[name] = time.time() - VALID_FOR.total_seconds() - 1
        session.save()


def check_looks(page):
    """Check the page on a telephone and a wide screen, where it has the same parts. End with the wide one."""
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        expect_to_fit(page)
    assert run_axe(page) == []


def test_changed_address_is_saved_after_password_and_code_by_keyboard(live_server, new_page, amina):
    page = open_tab(new_page)
    give_session(page, live_server.url, amina)
    page.goto(live_server.url + ACCOUNT)
    page.get_by_role("textbox", name="E-mail").fill("new@example.org")
    # Only now: if the user had a second factor before, the admin would ask for it before it opens this page.
    key = b"01234567890123456789"
    TOTPDevice.objects.create(user=amina, key=key.hex())
    session = SessionStore(Session.objects.get().session_key)
    session["otp_device_id"] = TOTPDevice.objects.get().persistent_id
    session.save()
    make_stale()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    check_looks(page)
    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(WRONG_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This password is not right.")
    check_looks(page)
    page.get_by_label("Your password").fill(builders.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    check_looks(page)
    page.keyboard.type(f"{totp(key):06d}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="E-mail")).to_have_value("new@example.org")
    assert get_user_model().objects.get().email == "new@example.org"


def test_without_javascript_the_form_is_reached_too(live_server, new_page, amina):
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 800})
    give_session(page, live_server.url, amina)
    make_stale()
    page.goto(f"{live_server.url}/admin/second-factor/mine/")
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Your password").fill(WRONG_PASSWORD)
    page.get_by_role("button", name="Go on").click()
    # Wagtail's stylesheet hides messages until a script shows them.
    opacities = "element => [element, ...element.children].map(part => getComputedStyle(part).opacity)"
    assert "0" not in page.get_by_role("alert").evaluate(opacities)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    page.get_by_label("Your password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()  # the list of second factors
