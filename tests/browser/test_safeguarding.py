"""A safeguarding lead records a consent, renews it, and takes a person down on a narrow phone.

A lead is a member of the group Safeguarding. To take a person down hides all stories with that person.
"""

import re

import pytest
from playwright.sync_api import expect

from safeguarding.models import Contributor
from safeguarding.policies import GROUP
from tests.browser import admin
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.builders import make_image, make_story, make_user
from tests.support.people import make_agreeing_person, make_story_about

pytestmark = pytest.mark.sqlite_only

PEOPLE = "/admin/safeguarding/people"


def test_two_clicks_on_a_phone_take_a_person_down(new_page, live_server, allow_errors):
    allow_errors.append("404 (Not Found)")  # the story that is taken down
    story = make_story_about(make_agreeing_person())
    page, reader = admin.open_tab(new_page, 320, 640), new_page()
    admin.give_session(page, live_server.url, make_user(GROUP))
    assert reader.goto(live_server.url + story.url).status == 200
    page.goto(f"{live_server.url}{PEOPLE}/{Contributor.objects.get().pk}/")
    assert run_axe(page) == []
    page.get_by_role("link", name="Take down now").click()
    expect_to_fit(page)
    page.get_by_role("button", name="Take down now").click()
    expect(page.get_by_role("status")).to_contain_text("is taken down")
    expect_to_fit(page)
    assert reader.goto(live_server.url + story.url).status == 404
    page.get_by_role("link", name="Bring back").click()
    page.get_by_label("What did the person say").fill("It may be shown again.")
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("status")).to_contain_text("is brought back")
    assert reader.goto(live_server.url + story.url).status == 200


def record_consent(page):
    for question in ("Are legal proceedings", "Is the person in one of", "see the final text", "safe"):
        page.get_by_role("group", name=re.compile(question)).get_by_label("No", exact=True).check()
    expect_to_fit(page)
    page.get_by_role("button", name="Record this consent").click()
    expect(page.get_by_role("status")).to_contain_text("Agreed until")


def test_a_consent_is_recorded_and_renewed(new_page, live_server):
    page = admin.open_tab(new_page, 390, 844)
    admin.give_session(page, live_server.url, make_user(GROUP))
    page.goto(f"{live_server.url}{PEOPLE}/new/")
    # Keys too come only to the questions that the answer needs.
    day, group = page.get_by_label("Day on which they turn 18"), page.get_by_label("A group")
    expect(day).to_be_hidden()
    page.get_by_label("A child").check()
    expect(day).to_be_visible()
    group.check()
    expect(page.get_by_role("group", name="Children in the group")).to_be_visible()
    page.get_by_label("An adult").check()
    expect(page.get_by_role("group", name="Children in the group").or_(day)).to_be_hidden()
    page.get_by_label("Names").fill("Amina Otieno")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("status")).to_contain_text("is recorded. Use this code")
    page.get_by_label("By a changed name").check()
    page.get_by_label("This website: everybody").check()
    record_consent(page)
    expect(page.get_by_text("Amina")).to_have_count(0)
    page.get_by_role("link", name="Renew or change the consent").click()
    record_consent(page)
    assert [each.event for each in Contributor.objects.get().consents.all()] == ["given", "renewed"]
    page.get_by_role("link", name="Names and contact").click()
    page.get_by_label("To contact the person").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Names")).to_have_value("Amina Otieno")
    expect_to_fit(page)
    assert run_axe(page) == []


def test_an_editor_says_why_nobody_could_tell_and_a_lead_says_that_it_is_right(new_page, live_server):
    story = make_story("A bridge", lead_image=make_image("Hands"), lead_image_alt="Hands")
    page = admin.open_tab(new_page, 390, 844)
    admin.give_session(page, live_server.url, make_user("Moderators"))
    page.goto(f"{live_server.url}/admin/pages/{story.pk}/edit/")
    reason = page.get_by_label("Why could nobody tell?")
    expect(reason).to_be_hidden()
    page.get_by_role("radio", name="A person, but nobody could tell who").check()
    reason.fill("It is told without her places.")
    admin.footer(page, "Publish")
    expect(page.get_by_text("has been published")).to_be_visible()
    page.goto(f"{live_server.url}/admin/pages/{story.pk}/edit/")
    expect(page.get_by_label("Written down. Write only to replace it.")).to_have_value("")
    admin.give_session(page, live_server.url, make_user(GROUP))
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="A bridge").press("Enter")
    expect(page.get_by_text("It is told without her places.")).to_be_visible()
    assert admin.gap(page.locator(".w-sticky"), page.locator("main .nice-padding > p").first) > 15
    expect_to_fit(page)
    assert run_axe(page) == []
    page.get_by_role("button", name="All are right").press("Enter")
    expect(page.get_by_text("Nothing at the moment.")).to_be_visible()
