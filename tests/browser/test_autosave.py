"""The page editor's autosave gets in the way neither of the user nor of a submission, in a browser.

The next autosave saves what is typed during an autosave. An autosave doesn't move the focus out of a text. A
submission waits for an autosave that is under way. While a submission is under way, no autosave begins.
"""

import pytest
from playwright.sync_api import expect
from wagtail.models import Workflow

from home.models import StandardPage
from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only

# Tells whether an autosave was begun, and whether it was stopped before it was sent.
TELL_AUTOSAVE = """window.addEventListener("w-autosave:save", (event) => {
    console.log(event.defaultPrevented ? "autosave stopped" : "autosave begun");
})"""


def is_autosave(request):
    return request.method == "POST" and "json" in request.headers["accept"]


def is_submission(request):
    return request.method == "POST" and request.is_navigation_request()


def hold(page, is_held):
    """Hold back the next request for which the function `is_held` is true.

    Return a list to which its Playwright route is added when the request comes.
    """
    held = []

    def handle(route):
        if is_held(route.request) and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/admin/pages/**", handle)
    return held


def test_publishing_waits_for_the_autosave_that_makes_the_page(tab, live_server):
    home = builders.home_page()
    tab.goto(f"{live_server.url}/admin/pages/add/home/standardpage/{home.pk}/")
    admin.expect_editor(tab)
    held = hold(tab, is_autosave)
    with tab.expect_request(is_autosave):
        tab.get_by_role("radio", name="Nobody: no person is described").check()
        tab.get_by_role("textbox", name="Title*").press_sequentially("The kiln")
    publish = admin.find_action(tab, "Publish")
    saved = held[0].fetch()
    publish.click()
    held[0].fulfill(response=saved)
    expect(tab.get_by_role("status")).to_contain_text("Page 'The kiln' has been published.")
    assert StandardPage.objects.get(title="The kiln").live


def test_autosaves_and_submissions_of_one_story(tab, live_server):
    """All of it in one browser page, because a new one loads and compiles all scripts of the admin again."""
    tab.add_init_script(TELL_AUTOSAVE)
    tab.clock.install()
    story = builders.make_story("The kiln", live=False)
    admin.go_to_editor(tab, live_server.url, story)
    autosave_leaves_the_focus_in_commented_text(tab)
    words_typed_during_an_autosave_are_saved(tab, story)
    autosaves_begin_again_after_a_submission_that_was_stopped(tab, story)
    submission_with_an_error_does_not_meet_its_own_autosave(tab, story)
    Workflow.objects.get().start(story, builders.make_user("Editors"))
    admin.go_to_editor(tab, live_server.url, story)
    decision_with_a_comment_waits_for_the_autosave(tab, story)


def write_until_autosaved(tab, story, words):
    """Write into the summary, and expect that an autosave stores it."""
    admin.type_until_autosaved(tab, tab.get_by_role("textbox", name="Summary*"), words)
    story.refresh_from_db()
    assert words in story.get_latest_revision_as_object().summary


def autosave_leaves_the_focus_in_commented_text(tab):
    watched = tab.locator("html").get_attribute("data-watched")
    admin.select_text(tab).click()
    admin.write_a_comment(tab, "Who says this?")
    # An autosave renders the comments again.
    expect(tab.locator("html")).not_to_have_attribute("data-watched", watched)
    comment = admin.chosen_comment(tab)
    expect(comment).to_be_focused()
    text = admin.blocks(tab).first.get_by_role("textbox")
    text.locator("[data-annotation]").click()  # This keeps the comment chosen, without the focus.
    expect(comment).to_have_count(1)
    admin.type_until_autosaved(tab, text, "as she says")
    # A comment that is chosen takes the focus a moment after the autosave.
    expect(comment).to_have_count(0)
    expect(text).to_be_focused()


def words_typed_during_an_autosave_are_saved(tab, story):
    summary = tab.get_by_role("textbox", name="Summary*")
    held = hold(tab, is_autosave)
    with tab.expect_request(is_autosave):
        summary.press_sequentially("How she worked.")
    tab.context.cookies()  # Waits for an answer of the browser. By then, the request is in `held`.
    saved = held[0].fetch()
    with admin.expect_autosave(tab, "How she slept.") as autosave:
        summary.press_sequentially("How she slept.")
        held[0].fulfill(response=saved)
    assert autosave.value.json()["success"]
    story.refresh_from_db()
    assert "How she slept." in story.get_latest_revision_as_object().summary


def autosaves_begin_again_after_a_submission_that_was_stopped(tab, story):
    held = hold(tab, is_submission)
    publish = admin.find_action(tab, "Publish")
    with tab.expect_request(is_submission):
        publish.dispatch_event("click")  # click() would wait for the submission, which is held back
    tab.context.cookies()  # as above
    held[0].abort("aborted")  # as the browser's button “Stop” does
    tab.clock.fast_forward(60_000)  # MAX_SENDING in submit_after_autosave.js
    write_until_autosaved(tab, story, "How she left.")


def submission_with_an_error_does_not_meet_its_own_autosave(tab, story):
    held = hold(tab, is_submission)
    publish = admin.find_action(tab, "Publish")
    tab.get_by_role("textbox", name="Summary*").fill("")
    with (
        tab.expect_request(is_submission),
        tab.expect_console_message(lambda each: each.text.startswith("autosave")) as told,
    ):
        publish.dispatch_event("click")
    tab.context.cookies()  # as above
    assert told.value.text == "autosave stopped"
    with tab.expect_response(lambda answer: is_autosave(answer.request)) as autosave:
        held[0].continue_()
        expect(tab.get_by_text("Not done: something is missing or wrong")).to_be_visible()
    assert autosave.value.json()["success"]

    # What is typed after the error is saved too.
    expect(tab.locator("html")).to_have_attribute("data-watched", "1")  # see admin.COUNT_EVENTS
    write_until_autosaved(tab, story, "How she came back.")
    expect(tab.get_by_text("You saved a new version in another window")).to_have_count(0)


def decision_with_a_comment_waits_for_the_autosave(tab, story):
    events = []
    tab.on("request", lambda request: events.append("decided") if is_submission(request) else None)
    held = hold(tab, is_autosave)
    with tab.expect_request(is_autosave):
        tab.get_by_role("textbox", name="Summary*").press_sequentially("How she lives.")
    admin.find_action(tab, "Approve with comment", exact=False).click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Comment").fill("Well told.")
    saved = held[0].fetch()
    dialog.get_by_role("button", name="Approve").click()
    # Wagtail adds this field and submits the form at once.
    expect(tab.locator("[name=workflow-action-extra-data]")).to_have_count(1)
    tab.context.cookies()  # Asks the browser. If the decision was sent, its event comes before the answer.
    events.append("autosaved")
    held[0].fulfill(response=saved)
    expect(tab.get_by_role("status")).to_contain_text("has been published")
    assert events == ["autosaved", "decided"]
    story.refresh_from_db()
    assert "How she lives." in story.summary
