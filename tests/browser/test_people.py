"""The panel "People in this page" of the page editor says what prevents publishing. Editors correct it."""

import re

import pytest
from playwright.sync_api import expect

from safeguarding.policies import GROUP
from safeguarding.scopes import Naming, Picture
from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.leads import send_decision
from tests.support.people import ALL_AGREED, days_from_today, make_agreeing_person, record, rows_of

pytestmark = pytest.mark.sqlite_only


def make_draft(person, listed):
    """Return a draft with a picture of `person`. No editor has answered yet who is in it."""
    face = builders.make_image("Face", shows="person")
    face.people.add(person)
    builders.make_image("Road", description="A road")
    lead = {"lead_image": face, "lead_image_alt": "Somebody"}
    return builders.make_story("Told", live=False, people="", story_people=listed, **lead)


def test_moderator_says_who_is_in_a_story_and_publishes_it(tab, live_server, client):
    person = make_agreeing_person({"naming": Naming.CHANGED, "picture": Picture.NONE})
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    former = make_agreeing_person({"ends_on": days_from_today(-1)})
    story = make_draft(person, rows_of(child, former, naming=Naming.REAL))
    admin.go_to_editor(tab, live_server.url, story)
    panel, picture = admin.field(tab, "People in this page"), admin.field(tab, "Lead picture")
    named = panel.get_by_label("Named in the page")

    admin.choose_terms(tab, "Add person", person.code, search=person.code)
    expect(panel.get_by_role("radio", name="These people")).to_be_checked()
    expect(named.last.locator(":checked")).to_have_text("By a changed name")  # as the person agreed
    # The agreement of the person is shown beside the code before the form is sent.
    expect(panel).to_contain_text(re.compile(f"{person.code} – Active, until .* · By a changed name"))
    named.last.select_option("By the real name")
    admin.footer(tab, "Publish")
    expect(panel).to_contain_text(f"{person.code} did not agree to be named in this way")
    expect(panel).to_contain_text(f"{child.code} is a child: use a changed name")
    expect(picture).to_contain_text(f"A picture shows {person.code} in a way")
    admin.expect_editor(tab)
    named.first.select_option("By a changed name")
    named.last.select_option("By a changed name")
    picture.get_by_role("button", name="Actions").click()
    tab.get_by_role("button", name="Change picture").filter(visible=True).click()
    tab.get_by_role("dialog").get_by_role("link", name="Road").click()
    expect(picture.get_by_label("Alternative text")).to_have_value("A road")
    admin.footer(tab, "Save draft")
    expect(tab.get_by_role("status")).to_contain_text("Page 'Told' has been updated.")

    # What is left is for the safeguarding team.
    tab.get_by_role("button", name="Toggle people in this page").click()
    missing = tab.get_by_role("listitem").filter(has_text="People in this page: ")
    expect(missing).to_have_count(2)
    expect(missing.first).to_contain_text(f"{child.code} is a child: a member of the safeguarding team")
    expect(missing.first).to_contain_text("Once the page is submitted, the team decides")
    expect(missing.last).to_contain_text(f"The consent of {former.code} has ended")
    missing.first.get_by_role("link", name="People in this page").click()
    expect(panel.get_by_role("radio", name="These people")).to_be_in_viewport()
    client.force_login(builders.make_user(GROUP))
    send_decision(client, story)
    record(former, **ALL_AGREED | {"event": "renewed"})
    admin.footer(tab, "Publish")
    expect(tab.get_by_role("status")).to_contain_text("Page 'Told' has been published.")
    assert StoryPage.objects.published().filter(pk=story.pk, lead_image__title="Road").exists()


def test_editor_adds_somebody_who_is_not_in_the_list(tab, live_server):
    make_agreeing_person()
    story = builders.make_story("Told", live=False, people="")
    admin.open_editor(tab, live_server.url, builders.make_user("Editors"), story)
    panel, dialog = admin.field(tab, "People in this page"), tab.get_by_role("dialog")
    panel.get_by_role("button", name="Add person").click()
    dialog.get_by_role("tab", name="Not in the list yet").click()
    dialog.get_by_role("button", name="Add this person").press("Enter")
    expect(dialog.get_by_label("Describe the person")).to_be_focused()  # what is missing
    dialog.get_by_label("Describe the person").fill("the woman in the market")
    dialog.get_by_label("Describe the person").press("Enter")
    expect(dialog).to_be_hidden()
    expect(panel).to_contain_text(re.compile("P-.... · the woman in the market – Not asked yet"))
    expect(panel.get_by_role("radio", name="These people")).to_be_checked()
    added = panel.locator("input[name=story_people-0-contributor]").input_value()
    # A picture that is uploaded here offers the people of the story first, although others have a lower key.
    tab.get_by_role("button", name="Choose a picture").first.click()
    dialog.get_by_role("tab", name="Upload").click()
    offered = dialog.get_by_role("group", name="People on the picture").get_by_role("checkbox")
    dialog.get_by_role("radio", name="Someone else").check()
    expect(offered.first).to_have_accessible_name(re.compile("^P-.... · the woman in the market$"))
    expect(offered.first).not_to_be_checked()
    dialog.get_by_role("radio", name="The person in the story").check()
    expect(offered.first).to_be_checked()
    expect(offered.first).to_have_value(added)
