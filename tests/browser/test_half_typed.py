"""A date, time or number that is half typed is said to be, and nothing is sent or saved in its place.

For such a field a browser sends an empty value, as if it had been emptied.
"""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import admin
from tests.browser.test_autosave import is_submission
from tests.support import builders
from tests.support.measures import SHOW_NUMBERS
from tests.support.people import make_person

pytestmark = pytest.mark.sqlite_only

SAID = "This is half typed."
# {address: names of such fields}.
SCHEDULE = ["expire_at", "go_live_at"]
PAGES = dict.fromkeys(("pages/add/stories/storypage/{index}/", "pages/{story}/edit/"), SCHEDULE)
PAGES["stories/"] = ["word_count_max", "word_count_min"]
# These have dates that are sent as they are typed, and no number.
PAGES |= dict.fromkeys(("safeguarding/people/new/", "safeguarding/people/{person}/consent/"), [])
PAGES |= dict.fromkeys(("settings/home/sitesettings/", "reports/site-history/", "searchpicks/add/"), [])


def test_half_a_schedule_is_neither_sent_nor_saved(tab, live_server, moderator):
    story = builders.make_story("Scheduled", live=False)
    story.go_live_at = timezone.now().replace(second=0, microsecond=0) + datetime.timedelta(days=3)
    story.save_revision(clean=False)
    admin.open_editor(tab, live_server.url, moderator, story)
    sent = []
    tab.on("request", lambda request: sent.append(request) if is_submission(request) else None)
    tab.get_by_role("button", name="Toggle status").click()
    schedule = tab.get_by_role("button", name="Edit schedule")
    schedule.click()
    dialog = tab.get_by_role("dialog", name="Set publishing schedule")
    field, save = tab.locator("#id_go_live_at"), dialog.get_by_role("button", name="Save schedule")
    field.focus()
    with admin.expect_autosave(tab, "half_typed") as autosave:
        field.press("Backspace")
        field.press("Shift+Tab")
    assert f"{story.go_live_at:%Y-%m-%dT%H:%M}" in autosave.value.request.post_data
    save.click()
    expect(dialog.get_by_role("alert")).to_contain_text(SAID)
    expect(field).to_be_focused()
    tab.keyboard.press("Escape")  # discards what was typed, as it does with a whole date
    expect(field).to_have_value(f"{story.go_live_at:%Y-%m-%dT%H:%M}")
    assert not sent

    schedule.click()
    field.press("Backspace")
    later = story.go_live_at + datetime.timedelta(days=1)
    field.fill(f"{later:%Y-%m-%dT%H:%M}")
    with tab.expect_navigation():
        save.click()
    story.refresh_from_db()
    assert story.get_latest_revision_as_object().go_live_at == later


def test_half_of_everything_is_said_and_not_sent(tab, live_server, without_autosaves):
    lead = builders.make_user("Safeguarding", is_superuser=True)
    admin.give_session(tab, live_server.url, lead)
    objects = {"index": builders.make_index(), "story": builders.make_story(), "person": make_person()}
    keys = {name: each.pk for name, each in objects.items()}
    for address, names in PAGES.items():
        tab.open(address.format(**keys))
        assert sorted(tab.evaluate(SHOW_NUMBERS)) == names, address
        for name in names:
            field = tab.locator(f"input[name={name}]")
            field.press("-" if field.get_attribute("type") == "number" else "1")
            expect(field.locator("+ [role=alert]")).to_have_count(0)
            field.press("Shift+Tab")
            expect(field.locator("+ [role=alert]")).to_contain_text(SAID)
            field.evaluate("(field) => field.form.requestSubmit()")
            expect(field).to_be_focused()
            field.fill("")
            expect(tab.get_by_text(SAID)).to_have_count(0)
