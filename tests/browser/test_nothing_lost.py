"""The admin keeps pictures, texts and dates that Wagtail alone would lose or change without a word."""

import re

import pytest
from playwright.sync_api import expect

from media.models import CleanImage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe

pytestmark = pytest.mark.sqlite_only

# Not page.reload, which waits for the answer to the question whether to leave.
LEAVE = "() => { setTimeout(() => location.reload()); }"


def picture_file(name="road.png", color=(160, 90, 40)):
    return {"name": name, "mimeType": "image/png", "buffer": builders.picture_bytes(60, 40, color=color)}


def files(count, green):
    """Return new pictures with that share of green. Wagtail asks about a picture that is there already."""
    return [picture_file(f"road{number}.png", color=(number, green, 40)) for number in range(count)]


def test_pictures_and_dates(tab):
    """All of it in one browser page, because a new one loads and compiles all scripts of the admin again."""
    another_picture_of_a_story_brings_its_own_text(tab)
    several_pictures_at_once(tab)
    page_for_one_picture_keeps_the_file_when_an_answer_is_missing(tab)


def several_pictures_at_once(tab):
    before = CleanImage.objects.count()
    pictures_wait_for_the_answer_which_counts_for_all(tab)
    assert CleanImage.objects.count() == before + 2
    picture_without_an_answer_is_not_said_to_be_stored(tab)
    assert CleanImage.objects.count() == before + 3


def pictures_wait_for_the_answer_which_counts_for_all(tab):
    tab.open("images/multiple/add/")
    sent = []
    tab.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    tab.locator("#id_credit").fill("A. Painter")
    tab.locator("#fileupload").set_input_files(files(2, green=91))
    expect(tab.get_by_role("alert")).to_contain_text("road0.png, road1.png")
    assert run_axe(tab) == []
    tab.set_viewport_size({"width": 390, "height": 800})
    # The menu closes a moment after the window has become narrow.
    expect(tab.locator("#id_shows")).to_be_in_viewport(ratio=1)
    tab.set_viewport_size({"width": 1400, "height": 1000})
    send = tab.get_by_role("button", name="Send the pictures")
    send.click()
    expect(tab.locator("#id_shows")).to_be_focused()  # the browser asks for the answer
    assert not sent
    tab.locator("#id_shows").select_option("An illustration")
    send.click()
    expect(tab.get_by_text("Upload successful. Please update").filter(visible=True)).to_have_count(2)
    expect(tab.get_by_text("Not in the library yet.")).to_have_count(0)
    newest = CleanImage.objects.order_by("-pk").values_list("shows", "credit")[:2]
    assert list(newest) == [("illustration", "A. Painter")] * 2


def picture_without_an_answer_is_not_said_to_be_stored(tab):
    tab.open("images/multiple/add/")
    tab.locator("#id_shows").select_option("Not the same for all")
    tab.locator("#id_credit").fill("A. Photographer")
    tab.locator("#fileupload").set_input_files(files(1, green=92))
    row = tab.locator("#upload-list > li")
    expect(row.get_by_text("Not in the library yet.")).to_be_visible()
    expect(row.get_by_text("Upload successful. Please update")).to_be_hidden()
    expect(row.get_by_label("Credit")).to_have_value("A. Photographer")

    row.locator("input[name$=title]").click()  # browsers ask only who has done something on the page
    with tab.expect_event("dialog") as question:
        tab.evaluate(LEAVE)
    question.value.dismiss()

    row.get_by_role("button", name="Add to the library").click()
    expect(row.get_by_text("This field is required.")).to_be_visible()
    expect(row.get_by_text("Not in the library yet.")).to_have_count(1)
    row.get_by_role("radio", name="An illustration").check()
    row.get_by_role("button", name="Add to the library").click()
    expect(row).to_have_count(0)
    assert CleanImage.objects.latest("pk").credit == "A. Photographer"
    with tab.expect_navigation():
        tab.evaluate(LEAVE)


def choose(tab, panel, title, button="Change picture"):
    """Choose the picture `title` in `panel`. `button`: "Choose a picture" if none is chosen yet."""
    if button != "Choose a picture":
        panel.get_by_role("button", name="Actions").first.click()
    tab.get_by_role("button", name=button).filter(visible=True).first.click()
    tab.get_by_role("dialog").get_by_role("link", name=title).click()
    expect(tab.get_by_role("dialog")).to_be_hidden()


def another_picture_of_a_story_brings_its_own_text(tab):
    image = builders.make_image("Road", description="A road between fields")
    builders.make_image("Kiln", description="A brick kiln")
    builders.make_image("Desk")
    story = builders.make_story("With pictures", live=False, body=[builders.pictures_block(image)])
    tab.open(f"pages/{story.pk}/edit/")
    typed_date_stays(tab)  # here, because an editor is open
    change_lead_picture(tab, admin.field(tab, "Lead picture"))
    block = admin.blocks(tab).first
    expect(block.get_by_label("Alternative text")).to_have_value("A place")
    choose(tab, block, "Kiln")
    expect(block.get_by_label("Alternative text")).to_have_value("A brick kiln")
    expect(tab.get_by_text("It said: A place")).to_be_visible()
    dialog_in_a_story_keeps_the_file_when_an_answer_is_missing(tab, block)


def change_lead_picture(tab, panel):
    text = panel.get_by_label("Alternative text")
    # What was typed before the first picture stays. The test in test_steps.py chooses one for an empty text.
    text.fill("The road to the coast")
    choose(tab, panel, "Road", "Choose a picture")
    expect(text).to_have_value("The road to the coast")
    choose(tab, panel, "Kiln")
    expect(text).to_have_value("A brick kiln")
    text.fill("The kiln where she worked")
    panel.get_by_label("The picture is decoration only").check()
    choose(tab, panel, "Kiln")
    expect(text).to_have_value("The kiln where she worked")
    choose(tab, panel, "Desk")
    expect(text).to_have_value("")
    expect(panel.get_by_label("The picture is decoration only")).not_to_be_checked()
    expect(tab.get_by_text("It said: The kiln where she worked")).to_be_visible()


def choose_file(tab, block, name):
    """Open the dialog for another picture, choose a new file called `name`, and return the dialog."""
    block.get_by_role("button", name="Actions").first.click()
    tab.get_by_role("button", name="Change picture").filter(visible=True).first.click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("tab", name="Upload").click()
    dialog.get_by_label("File*").set_input_files(picture_file(f"{name}.png"))
    expect(dialog.get_by_label("Title*")).to_have_value(name)  # nothing but an answer is missing
    return dialog


def dialog_in_a_story_keeps_the_file_when_an_answer_is_missing(tab, block):
    sent = []
    tab.on("request", lambda request: sent.append(request.url) if "chooser/create" in request.url else None)
    dialog = choose_file(tab, block, "field")
    # While the dialog moves, a click of the pointer can miss the button.
    dialog.get_by_role("button", name="Upload").dispatch_event("click")
    expect(dialog.get_by_role("radio").first).to_be_focused()  # the browser asks for the answer
    expect(dialog.get_by_label("File*")).to_have_value(re.compile("field.png"))
    dialog.get_by_role("radio", name="An illustration").check()
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden()
    assert CleanImage.objects.get(title="field").shows == "illustration"
    assert len(sent) == 1
    dialog_lives_after_a_picture_that_is_there_already(tab, block)


def dialog_lives_after_a_picture_that_is_there_already(tab, block):
    dialog = choose_file(tab, block, "same")
    dialog.get_by_role("radio", name="An illustration").check()
    dialog.get_by_role("button", name="Upload").dispatch_event("click")  # as above
    question = dialog.get_by_role("link", name="Use new picture")
    expect(question).to_be_visible()
    dialog.get_by_role("tab", name="Search").click()
    expect(question).to_be_hidden()
    dialog.get_by_role("tab", name="Upload").click()
    question.click()
    expect(dialog).to_be_hidden()


def page_for_one_picture_keeps_the_file_when_an_answer_is_missing(tab):
    tab.open("images/add/")
    # Another colour than that of field.png, as Wagtail asks about a picture that is there already.
    tab.get_by_label("File*").set_input_files(picture_file(color=(1, 2, 3)))
    tab.get_by_role("button", name="Upload").click()
    expect(tab.get_by_label("File*")).to_have_value(re.compile("road.png"))
    tab.get_by_role("radio", name="An illustration").check()
    tab.get_by_role("button", name="Upload").click()
    expect(tab.get_by_role("status")).to_contain_text("added")


def typed_date_stays(tab):
    """The tests in tests/editing/test_editing.py send dates. The calendar can't read this one."""
    date = tab.locator("#id_date")
    date.fill("4 March 2025")
    date.press("Tab")
    expect(date).to_have_value("4 March 2025")
