"""A date, time or number that is half typed is said to be, and nothing is sent or saved in its place.

For such a field a browser sends an empty value, as if it had been emptied.
"""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.measures import SHOW_NUMBERS

pytestmark = pytest.mark.sqlite_only

SAID = "This is half typed."
# {address: names of such fields}. The dates on the others are sent as they are typed.
PAGES = {"pages/{}/edit/": ["expire_at", "go_live_at"], "stories/": ["word_count_max", "word_count_min"]}
PAGES |= dict.fromkeys(("settings/home/sitesettings/", "safeguarding/people/new/", "searchpicks/add/"), [])


def test_half_a_schedule_is_neither_sent_nor_saved(tab, live_server, moderator):
    day, minute = datetime.timedelta(days=1), "%Y-%m-%dT%H:%M"
    story = builders.make_story("Scheduled", live=False, go_live_at=timezone.now() + 3 * day)
    admin.open_editor(tab, live_server.url, moderator, story)
    tab.get_by_role("button", name="Toggle status").click()
    schedule = tab.get_by_role("button", name="Edit schedule")
    schedule.click()
    dialog = tab.get_by_role("dialog", name="Set publishing schedule")
    field, save = tab.locator("#id_go_live_at"), dialog.get_by_role("button", name="Save schedule")
    field.focus()
    with admin.expect_autosave(tab, "half_typed") as autosave:
        field.press("Backspace")
        field.press("Shift+Tab")
    stored = story.go_live_at.strftime(minute)
    assert stored in autosave.value.request.post_data
    save.click()
    expect(dialog.get_by_role("alert")).to_contain_text(SAID)
    expect(field).to_be_focused()
    tab.locator("#id_expire_at").press("1")
    tab.keyboard.press("Escape")  # discards what was typed, as it does with a whole date
    expect(field).to_have_value(stored)
    expect(tab.get_by_text("what you typed in it is not kept")).to_be_visible()
    schedule.click()
    later = (story.go_live_at + day).strftime(minute)
    field.fill(later)
    with tab.expect_navigation():
        save.click()
    story.refresh_from_db()
    assert story.get_latest_revision_as_object().go_live_at.strftime(minute) == later


def test_half_of_everything_is_said_and_not_sent(tab, live_server, without_autosaves):
    admin.give_session(tab, live_server.url, builders.make_user("Safeguarding", is_superuser=True))
    story = builders.make_story()
    for address, names in PAGES.items():
        tab.open(address.format(story.pk))
        assert sorted(tab.evaluate(SHOW_NUMBERS)) == names, address
        for name in names:
            field = tab.locator(f"input[name={name}]")
            field.press("-" if field.get_attribute("type") == "number" else "1")
            field.press("Shift+Tab")
            expect(field.locator("+ [role=alert]")).to_contain_text(SAID)
            field.evaluate("(field) => field.form.requestSubmit()")
            expect(field).to_be_focused()
            field.fill("")
            expect(tab.get_by_text(SAID)).to_have_count(0)
