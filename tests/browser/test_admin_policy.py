"""The scripts that replace Wagtail's inline scripts work, and the admin has nothing that its policy blocks.

A violation of the Content-Security-Policy is an error in the browser, which fails the test: see
tests/support/browser_fixtures.py. The test in test_payloads.py opens more pages of the admin, most of
them only in `make drill`.
"""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from wagtail.contrib.search_promotions.models import Query
from wagtail.models import GroupApprovalTask, Task, Workflow, WorkflowTask

from home.models import HomePage
from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only


def calendar_of(page):
    """Return the calendar that is open."""
    return page.locator(".xdsoft_datetimepicker").locator("visible=true")


def day(calendar, number):
    return calendar.locator(f".xdsoft_date[data-date='{number}']:not(.xdsoft_other_month)")


def save(page, words, button="Save"):
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(words)


def test_scripts_work(tab, live_server, without_autosaves):
    """All of it in one browser page, because a new one loads and compiles all scripts of the admin again."""
    admin.give_session(tab, live_server.url, builders.make_user(is_superuser=True))
    story_is_dated_filed_and_scheduled(tab)
    picture_is_edited(tab)
    page_is_chosen(tab)
    tasks_of_a_workflow_are_added_and_moved(tab)
    search_result_is_promoted(tab)
    list_is_filtered_by_date(tab)


def story_is_dated_filed_and_scheduled(tab):
    story = builders.make_story("Filed", countries=["KE", "SN"], live=False, date=datetime.date(2025, 1, 3))
    tab.open(f"pages/{story.pk}/edit/")
    tab.get_by_role("textbox", name="Date*").click()
    day(calendar_of(tab), 15).click()
    expect(tab.get_by_role("textbox", name="Date*")).to_have_value("2025-01-15")
    remove_and_change_a_country(tab)
    schedule(tab)  # saves the draft, too
    story.refresh_from_db()
    draft = story.get_latest_revision_as_object()
    assert f"{draft.date}" == "2025-01-15"
    assert [link.country_id for link in draft.story_countries.all()] == ["UG"]
    assert timezone.now() < draft.go_live_at < draft.expire_at


def schedule(tab):
    tab.get_by_role("button", name="Toggle status").click()
    tab.get_by_role("button", name="Set schedule").click()
    dialog = tab.get_by_role("dialog", name="Set publishing schedule")
    for label, days in [("Go live date/time", 3), ("Expiry date/time", 9)]:
        # These fields have the browser's own calendar. Wagtail's must not open over it.
        when = timezone.localtime() + datetime.timedelta(days=days)
        dialog.get_by_label(label).fill(when.strftime("%Y-%m-%dT%H:%M"))
    expect(dialog.get_by_text("Time zone: UTC").first).to_be_visible()
    expect(calendar_of(tab)).to_have_count(0)
    with tab.expect_navigation():
        dialog.get_by_role("button", name="Save schedule").click()


def remove_and_change_a_country(tab):
    children = admin.field(tab, "Countries").locator("[data-inline-panel-child]").locator("visible=true")
    children.first.get_by_role("button", name="Delete").click()
    expect(children).to_have_count(1)
    children.first.get_by_role("button", name="Actions").click()
    children.first.get_by_role("button", name="Choose another country").click()
    tab.get_by_role("dialog").get_by_label("Search term").fill("uganda")
    tab.get_by_role("dialog").get_by_role("link", name="Uganda").click()
    expect(children.first).to_contain_text("Uganda")


def page_is_chosen(tab):
    help_page = builders.make_plain_page("Get help")
    tab.open(f"pages/{builders.home_page().pk}/edit/")
    tab.get_by_role("button", name="Choose a page").first.click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.locator("tr.disabled td").first).to_have_css("opacity", "1")  # can't be chosen, but is read
    dialog.get_by_label("Search term").fill("Get help")
    dialog.get_by_role("link", name="Get help").click()
    with tab.expect_navigation():
        admin.footer(tab, "Save draft")
    home = HomePage.objects.get(pk=builders.home_page().pk).get_latest_revision_as_object()
    assert home.help_page_id == help_page.pk


def tasks_of_a_workflow_are_added_and_moved(tab):
    workflow, first = Workflow.objects.get(), Task.objects.get()
    second = GroupApprovalTask.objects.create(name="Second reading")
    tab.open(f"workflows/edit/{workflow.pk}/")
    tab.get_by_role("button", name="Add task").click()
    tab.get_by_role("button", name="Choose a task").locator("visible=true").click()
    tab.get_by_role("dialog").get_by_role("tab", name="Existing").click()
    tab.get_by_role("dialog").get_by_role("link", name="Second reading").click()
    children = tab.locator("[data-inline-panel-child]").locator("visible=true")
    children.last.get_by_role("button", name="Move up").click()
    expect(children.first).to_contain_text("Second reading")
    save(tab, "updated")
    tasks = WorkflowTask.objects.filter(workflow=workflow).order_by("sort_order")
    assert [link.task_id for link in tasks] == [second.pk, first.pk]


def search_result_is_promoted(tab):
    Query.get("wages").add_hit()
    tab.open("searchpicks/add/")
    tab.get_by_role("button", name="Choose from popular search terms").click()
    tab.get_by_role("dialog").get_by_role("link", name="wages").click()
    expect(tab.get_by_label("Search term(s)/phrase")).to_have_value("wages")
    tab.get_by_role("button", name="Add a recommended result").click()
    tab.get_by_role("button", name="Choose a page").locator("visible=true").click()
    tab.get_by_role("dialog").get_by_role("link", name="Home").first.click()
    query = Query.get("wages")
    save(tab, "created", "Create")
    assert [pick.page_id for pick in query.editors_picks.all()] == [builders.home_page().pk]


def list_is_filtered_by_date(tab):
    tab.open("reports/site-history/")
    tab.get_by_role("button", name="Show filters").click()
    tab.get_by_role("tooltip").get_by_role("button", name="Date").click()
    tab.get_by_role("textbox", name="Date from").click()
    with tab.expect_response(lambda answer: re.search(r"timestamp_from=\d+", answer.url)):
        day(calendar_of(tab), 15).click()
    expect(tab.get_by_text("Date: ")).to_be_visible()


def picture_is_edited(tab):
    image = builders.make_image("A road")
    tab.open(f"images/{image.pk}/")
    # A picture of a place asks nothing about people.
    recognisable = tab.get_by_label("Somebody on it could be recognised")
    expect(recognisable).to_be_hidden()
    tab.get_by_role("radio", name="Someone else").check()
    expect(recognisable).to_be_visible()
    picture = tab.locator(".focal-point-chooser .jcrop-holder").bounding_box()
    tab.mouse.move(picture["x"] + 30, picture["y"] + 30)
    tab.mouse.down()
    tab.mouse.move(picture["x"] + 130, picture["y"] + 130)
    tab.mouse.up()
    tags = tab.locator(".tagit input[type=text]")
    tags.fill("road")
    tags.press("Enter")
    save(tab, "updated")
    image.refresh_from_db()
    assert image.focal_point_width
    assert [tag.name for tag in image.tags.all()] == ["road"]


def test_login_form_sends_its_origin(new_page, live_server):
    """With the Referrer-Policy of other pages, browsers send "Origin: null", which Django refuses."""
    page, reader = new_page(), builders.make_user()
    page.goto(live_server.url + builders.make_private(builders.make_plain_page("For members")).url)
    page.get_by_label("Username").fill(reader.username)
    page.get_by_label("Password").fill(builders.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For members")
