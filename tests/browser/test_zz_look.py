import pytest
from playwright.sync_api import expect
from wagtail.models import Workflow
from safeguarding.models import Decision
from safeguarding.policies import GROUP
from stories.models import StoryPage
from tests.browser import admin
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.builders import make_user, make_image
from tests.support.people import days_from_today, make_agreeing_person, make_story_about, make_person

pytestmark = pytest.mark.sqlite_only

@pytest.mark.parametrize("width", [390, 1280])
def test_look(new_page, live_server, width, allow_errors):
    allow_errors.append("403 (Forbidden)"); allow_errors.append("404 (Not Found)")
    lead = make_user(GROUP, "Moderators")
    child = make_agreeing_person({"given_by": "guardian", "proceedings": True}, kind="child", adult_on=days_from_today(900), names="Amina Otieno")
    a, b = make_image("Lamp", shows="place"), make_image("Village", shows="place", size=(60, 40))
    story = make_story_about(child, live=False, title="About a child", lead_image=a, lead_image_alt="A lamp")
    story.summary = "She came home, and her sister was there."
    story.save_revision(user=make_user("Editors"), clean=False, log_action=True)
    for g in ("child", "proceedings"):
        Decision.objects.create(page=story, revision=story.latest_revision, contributor=child, ground=g, reason="W", ends_on=days_from_today(30), decided_by=lead)
    story.summary = "She came home, and his brother was there."
    story.lead_image = b
    story.save_revision(user=make_user("Editors"), clean=False, log_action=True)
    Workflow.objects.get().start(story, story.latest_revision.user)
    Workflow.objects.get().start(make_story_about(make_person(), live=False, title="Nets"), lead)
    own = make_story_about(make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900)), live=False, title="Own words")
    own.summary = "By the Lead, in Kisumu, where they lived."; own.save_revision(user=lead, clean=False, log_action=True)
    Workflow.objects.get().start(own, lead)
    page = admin.open_tab(new_page, width, 900)
    admin.give_session(page, live_server.url, lead)
    u = live_server.url
    def shot(name):
        page.screenshot(path=f"/tmp/l-{name}-{width}.png", full_page=True)
        try:
            expect_to_fit(page)
        except BaseException as e: print("FIT", name, str(e)[:300])
        r = run_axe(page)
        if r: print("AXE", name, r)
    page.goto(u + "/admin/safeguarding/people/")
    page.get_by_label("Find a person").fill("amina")
    shot("people")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Show everybody")).to_be_visible()
    shot("found")
    page.get_by_label("Find a person").fill("nobody at all"); page.keyboard.press("Enter")
    page.wait_for_load_state()
    shot("notfound")
    page.goto(u + f"/admin/safeguarding/stories/{own.pk}/")
    shot("own")
    page.get_by_role("link", name="Name a second reader").click()
    page.get_by_label("Name", exact=False).first.fill("Ruth Achieng")
    shot("reader")
    page.get_by_label("Function").fill("board member")
    page.get_by_label("E-mail address").fill(lead.email)
    page.get_by_role("button", name="Name this reader").click()
    page.wait_for_load_state(); shot("reader-error")
    page.get_by_label("E-mail address").fill("ruth@example.net")
    page.get_by_role("button", name="Name this reader").click()
    page.wait_for_load_state(); shot("reader-done")
    page.goto(u + "/admin/")
    shot("desk")
    page.goto(u + f"/admin/pages/{story.pk}/edit/")
    page.locator("[name=action-publish]").count()
    page.goto(u + f"/admin/safeguarding/stories/{story.pk}/")
    shot("decide")
    page.get_by_role("button", name="Still right").click()
    page.wait_for_load_state(); shot("decided")
    page.goto(u + f"/admin/safeguarding/people/{child.pk}/words/")
    shot("words")
    page.goto(u + f"/admin/pages/{own.pk}/edit/")
    page.get_by_role("button", name="Toggle people in this page").click()
    page.wait_for_timeout(1000)
    page.screenshot(path=f"/tmp/l-editor-{width}.png")
