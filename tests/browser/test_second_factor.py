"""Setting up an authenticator app, and signing in with it, in a browser.

The browser fixtures fail a test if the site's Content-Security-Policy blocks something.
"""

from base64 import b32decode

import pytest
from django_otp.oath import totp
from playwright.sync_api import expect

from tests.browser.admin import expect_home, give_session, open_tab, sign_in
from tests.support import builders

pytestmark = pytest.mark.sqlite_only


def give_code(page, key, step):
    """Enter the code that an app with `key` shows `step` times 30 seconds later.

    A code is valid one step early or late, and only once, so each use in a test needs another step.
    """
    page.get_by_label("Code").fill(f"{totp(key, drift=step):06d}")
    page.get_by_role("button", name="Sign in").click()


def test_administrator_sets_up_an_app_and_signs_in_with_it(live_server, new_page, settings):
    settings.SECOND_FACTOR = "ADMINISTRATORS"
    amina = builders.make_user(username="amina", is_superuser=True)
    page = open_tab(new_page)
    give_session(page, live_server.url, amina)
    page.goto(f"{live_server.url}/admin/")
    expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()
    picture = page.locator("main svg").bounding_box()  # the QR code
    assert picture["width"] == picture["height"] > 100
    key = b32decode(page.locator("main p code").inner_text())
    give_code(page, key, step=-1)
    expect(page.get_by_role("listitem")).to_have_count(10)  # recovery codes
    page.get_by_role("link", name="I wrote them down").click()
    expect_home(page)

    page.context.clear_cookies()
    sign_in(page, live_server.url)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    give_code(page, key, step=1)
    expect_home(page)
