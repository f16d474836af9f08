"""What stands in for Wagtail's inline scripts works, by mouse, and nothing in the admin is blocked.

Any violation of the policy is an error in the browser, which fails each of these tests: see conftest.py.
"""

import re

import pytest
from playwright.sync_api import expect
from wagtail.contrib.search_promotions.models import Query
from wagtail.models import Task, Workflow, WorkflowTask

from home.models import HomePage, SiteSettings
from tests import builders
from tests.browser import admin


@pytest.fixture
def desk(new_page, live_server):
    """A browser page in which an administrator is logged in, and a function that opens an address."""
    page = admin.open_desk(new_page)
    admin.give_session(page, live_server.url, builders.make_user(is_superuser=True))
    page.open = lambda address: page.goto(f"{live_server.url}/admin/{address}")
    return page


def pick_day(page, box, day="15"):
    """Choose a day of the month that the calendar of `box` shows, with the mouse."""
    box.click()
    calendar = page.locator(".xdsoft_datetimepicker").locator("visible=true")
    expect(calendar).to_have_count(1)
    calendar.locator(f".xdsoft_date[data-date='{day}']:not(.xdsoft_other_month)").click()
    return calendar


def save(page, words, button="Save"):
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(words)


def test_date_of_a_story_is_picked(desk):
    story = builders.make_story("Dated", live=False)
    desk.open(f"pages/{story.pk}/edit/")
    pick_day(desk, desk.get_by_role("textbox", name="Date*"))
    expect(desk.get_by_role("textbox", name="Date*")).to_have_value("2025-01-15")
    save(desk, "has been updated", "Save draft")
    story.refresh_from_db()
    assert f"{story.get_latest_revision_as_object().date}" == "2025-01-15"


def test_story_is_scheduled(desk):
    story = builders.make_story("Scheduled", live=False)
    desk.open(f"pages/{story.pk}/edit/")
    desk.get_by_role("button", name="Toggle status").click()
    desk.get_by_role("button", name="Set schedule").click()
    dialog = desk.get_by_role("dialog", name="Set publishing schedule")
    for label, year in [("Go live date/time", 2040), ("Expiry date/time", 2041)]:
        box = dialog.get_by_label(label)
        box.fill(f"{year}-03-01 10:00")
        calendar = pick_day(desk, box)
        calendar.locator(".xdsoft_time", has_text="12:00").click()
        expect(box).to_have_value(f"{year}-03-15 12:00")
        desk.keyboard.press("Tab")
    dialog.get_by_role("button", name="Save schedule").click()
    expect(dialog).to_be_hidden()
    story.refresh_from_db()
    story = story.get_latest_revision_as_object()
    assert (story.go_live_at.year, story.expire_at.year) == (2040, 2041)


def test_countries_are_added_moved_and_taken_off(desk):
    story = builders.make_story("Filed", countries=["KE", "SN"], live=False)
    desk.open(f"pages/{story.pk}/edit/")
    admin.choose_terms(desk, "Add country", "Thailand", search="thailand")
    children = admin.field(desk, "Countries").locator("[data-inline-panel-child]").locator("visible=true")
    expect(children).to_have_count(3)
    expect(children.last).to_contain_text("Thailand")
    children.last.get_by_role("button", name="Move up").click()
    expect(children.nth(1)).to_contain_text("Thailand")
    children.first.get_by_role("button", name="Delete").click()
    expect(children).to_have_count(2)
    children.first.get_by_role("button", name="Actions").click()
    children.first.get_by_role("button", name="Choose another country").click()
    desk.get_by_role("dialog").get_by_role("link", name="Kenya").click()
    expect(children.first).to_contain_text("Kenya")
    save(desk, "has been updated", "Save draft")
    story.refresh_from_db()
    links = story.get_latest_revision_as_object().story_countries.all()
    assert [link.country_id for link in links] == ["KE", "SN"]


def test_choosers_of_pictures_and_pages(desk):
    builders.make_image("A road")
    about = builders.make_plain_page("Get help")
    desk.open(f"pages/{builders.home_page().pk}/edit/")
    desk.get_by_role("button", name="Choose a page").first.click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Search term").fill("Get help")
    dialog.get_by_role("link", name="Get help").click()
    save(desk, "has been updated", "Save draft")
    home = HomePage.objects.get(pk=builders.home_page().pk).get_latest_revision_as_object()
    assert home.help_page_id == about.pk

    desk.open(f"settings/home/sitesettings/{SiteSettings.for_site(home.get_site()).pk}/")
    desk.get_by_role("button", name="Choose an image").click()
    desk.get_by_role("dialog").get_by_role("link", name="A road").click()
    save(desk, "Site settings updated.")
    desk.get_by_role("button", name="Actions").first.click()
    desk.get_by_role("button", name="Clear choice").click()
    save(desk, "Site settings updated.")
    assert SiteSettings.objects.get().logo is None


def test_tasks_of_a_workflow_are_added_moved_and_taken_off(desk):
    workflow, first = Workflow.objects.get(), Task.objects.get()
    second = Task.objects.create(name="Second reading", content_type=first.content_type)
    desk.open(f"workflows/edit/{workflow.pk}/")
    desk.get_by_role("button", name="Add task").click()
    desk.get_by_role("button", name="Choose a task").locator("visible=true").click()
    desk.get_by_role("dialog").get_by_role("tab", name="Existing").click()
    desk.get_by_role("dialog").get_by_role("link", name="Second reading").click()
    children = desk.locator("[data-inline-panel-child]").locator("visible=true")
    expect(children.last).to_contain_text("Second reading")
    children.last.get_by_role("button", name="Move up").click()
    expect(children.first).to_contain_text("Second reading")
    save(desk, "updated")
    tasks = WorkflowTask.objects.filter(workflow=workflow).order_by("sort_order")
    assert [link.task_id for link in tasks] == [second.pk, first.pk]


def test_search_result_is_promoted(desk):
    Query.get("wages").add_hit()
    story = builders.make_story("Bricks and debts")
    desk.open("searchpicks/add/")
    desk.get_by_role("button", name="Choose from popular search terms").click()
    desk.get_by_role("dialog").get_by_role("link", name="wages").click()
    expect(desk.get_by_label("Search term(s)/phrase")).to_have_value("wages")
    desk.get_by_role("button", name="Add a recommended result").click()
    desk.get_by_role("button", name="Choose a page").locator("visible=true").click()
    desk.get_by_role("dialog").get_by_role("link", name="Home").first.click()
    query = Query.get("wages")
    save(desk, "created")
    assert [pick.page_id for pick in query.editors_picks.all()] == [builders.home_page().pk]

    desk.open(f"searchpicks/{query.pk}/")
    desk.get_by_role("button", name="Add a recommended result").click()
    picks = desk.locator("[id^=inline_child_editors_picks]").locator("visible=true")
    expect(picks).to_have_count(2)
    picks.last.get_by_label("External link URL").fill("https://help.example.org/")
    picks.last.get_by_label("External link text").fill("Help")
    picks.last.get_by_role("button", name="Move up").click()
    save(desk, "updated")
    assert [pick.external_link_text for pick in query.editors_picks.all()] == ["Help", ""]
    assert story.live


@pytest.mark.parametrize("report", ["reports/site-history/", "pages/{home}/history/"])
def test_lists_are_filtered_by_date(desk, report):
    desk.open(report.format(home=builders.home_page().pk))
    for _time in range(2):  # the answer to the first filter brings its form anew
        desk.get_by_role("button", name="Show filters").click()
        desk.get_by_role("tooltip").get_by_role("button", name="Date").click()
        with desk.expect_response(lambda answer: "_from=" in answer.url):
            pick_day(desk, desk.get_by_label(re.compile("^From")).locator("visible=true").first)
        desk.keyboard.press("Escape")
