"""A lead withdraws a person and prints the report.

A lead is a member of the group Safeguarding.
"""

import pytest
from playwright.sync_api import expect

from safeguarding.policies import GROUP
from tests.browser import admin
from tests.support import builders, withdrawal_world
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.withdrawal_world import HOME, NAME, SLUG

pytestmark = pytest.mark.sqlite_only


def test_lead_withdraws_a_person_and_prints_the_report(
    new_page, live_server, settings, tmp_path, allow_errors
):
    allow_errors.append("404 (Not Found)")  # for the reader, once the story is erased
    settings.DATA_DIR = tmp_path  # a withdrawal is written into a file there
    person = withdrawal_world.make_named_person()
    with withdrawal_world.without_words(person):
        withdrawal_world.make_story_about(person, title=f"{NAME} walks", slug=SLUG)
    builders.make_author(f"{NAME} A.")
    page, reader = admin.open_tab(new_page, 390, 844), new_page()
    assert reader.goto(live_server.url + HOME).status == 200  # HOME: the address of the story
    admin.give_session(page, live_server.url, builders.make_user(GROUP))
    page.goto(f"{live_server.url}/admin/safeguarding/people/{person.pk}/")
    page.get_by_role("link", name="Withdrawal", exact=True).click()
    page.get_by_role("button", name="Show what is found").click()
    expect_to_fit(page)
    expect(page.get_by_role("heading", name="Pages that are erased (1)")).to_be_visible()
    page.get_by_label(f"{NAME} A.").check()
    page.get_by_role("button", name="Erase this for good").click()

    expect(page.get_by_role("heading", name=f"Withdrawal of {person.code}")).to_be_visible()
    expect(page.get_by_text("Not complete yet.")).to_be_visible()
    assert reader.goto(live_server.url + HOME).status == 404
    withdrawal_world.finish()  # as the scheduler does
    page.reload()
    expect(page.get_by_text("Complete since")).to_be_visible()
    expect(page.get_by_role("row", name="Authors 1 0")).to_be_visible()  # one erased, none left
    expect(page.get_by_text(NAME)).to_have_count(0)
    expect_to_fit(page)
    assert run_axe(page) == []
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Close")).to_be_hidden()
    expect(page.get_by_text("Search engines: ask them")).to_be_visible()
