"""The panel "People in this story" of the page editor says what prevents publishing. Editors correct it."""

import re

import pytest
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.people import make_agreeing_person

pytestmark = pytest.mark.one_database


def test_editor_says_who_is_in_a_story_and_publishes_it(new_page, live_server):
    person = make_agreeing_person({"naming": 1})
    story = builders.make_story("Told", live=False, people="")
    tab = admin.open_desk(new_page)
    admin.open_editor(tab, live_server.url, builders.make_user("Moderators"), story)
    panel = admin.field(tab, "People in this story")

    admin.footer(tab, "Publish")
    expect(panel).to_contain_text("Say who is in this story.")
    admin.expect_editor(tab)
    panel.get_by_role("radio", name="These people").check()
    admin.choose_terms(tab, "Add person", person.code, search=person.code)
    # The agreement of the person is shown beside the code before the form is sent.
    expect(panel).to_contain_text(re.compile(f"{person.code} · Active until .* · By a changed name"))
    panel.get_by_label("Named in the story").select_option("By the real name")
    admin.footer(tab, "Publish")
    refusal = f"{person.code} did not agree to be named in this way"
    expect(panel).to_contain_text(refusal)
    admin.footer(tab, "Save draft")
    expect(tab.get_by_role("status")).to_contain_text("Page 'Told' has been updated.")
    tab.get_by_role("button", name="Toggle people in this story").click()
    missing = tab.get_by_role("listitem").filter(has_text=refusal)
    missing.get_by_role("link", name="People in this story").click()
    expect(panel.get_by_role("radio", name="These people")).to_be_in_viewport()
    panel.get_by_label("Named in the story").select_option("By a changed name")
    admin.footer(tab, "Publish")
    expect(tab.get_by_role("status")).to_contain_text("Page 'Told' has been published.")
    assert StoryPage.objects.published().filter(pk=story.pk).exists()
