"""A stop code on an old telephone: in Arabic, text only, without JavaScript, by keyboard, 320 pixels wide."""

import pytest
from playwright.sync_api import expect

from safeguarding.models import StopCode
from tests.browser.test_keyboard import follow, go_to
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.people import make_agreeing_person, make_story_about

pytestmark = pytest.mark.sqlite_only

SMALL = {"viewport": {"width": 320, "height": 568}}
TO_ARABIC = {ord("0") + n: 0x660 + n for n in range(10)}
DONE = "تم ذلك."


def test_stop_on_an_old_telephone(new_page, live_server, allow_errors):
    allow_errors.append("404 (Not Found)")
    person = make_agreeing_person()
    story, code = live_server.url + make_story_about(person).url, StopCode.make(person)
    page = new_page(java_script_enabled=False, **SMALL)
    page.goto(f"{story}?text=1")
    follow(page, "I have a stop code")
    follow(page, "العربيّة")
    for typed, heading in (("١٢٣ ٤٥٦", "إزالة قصتك من هذا الموقع"), (code.translate(TO_ARABIC), DONE)):
        go_to(page, "code")
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.url == f"{live_server.url}/ar/stop/?text=1"
        expect_to_fit(page)
    assert page.context.cookies() == []
    assert page.goto(story).status == page.goto(f"{story}?text=1").status == 404
    whole_code_is_seen_in_the_order_of_typing(new_page(**SMALL), f"{live_server.url}/ar/stop/", code)


def whole_code_is_seen_in_the_order_of_typing(page, address, code):
    for query in ("?text=1", ""):
        page.goto(address + query)
        field = page.locator("#code")
        field.fill(code)
        # Else, the groups of Arabic digits are shown in the opposite order.
        expect(field).to_have_css("unicode-bidi", "bidi-override")
        assert field.evaluate("element => element.scrollWidth <= element.clientWidth"), query
        assert run_axe(page) == []
        field.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(DONE)
        assert run_axe(page) == []
