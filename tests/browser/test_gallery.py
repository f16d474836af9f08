"""Several pictures at once in a gallery of a story, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from media.models import CleanImage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe
from tests.support.measures import DROP, REFUSES
from tests.support.people import make_agreeing_person

pytestmark = pytest.mark.sqlite_only


def picture(name, width, height):
    return {"name": name, "mimeType": "image/png", "buffer": builders.picture_bytes(width, height)}


def answer_without_the_first(route):
    """Leave out the first picture of the response. `route`: a Playwright route."""
    response = route.fetch()
    route.fulfill(response=response, json={"result": response.json()["result"][1:]})


def pictures_of(gallery):
    return gallery.locator("[data-streamfield-list-container] [data-chooser-image]").filter(visible=True)


def add_gallery(tab):
    """Add a gallery and close the dialog that opens with it."""
    gallery = admin.add_block(tab, "Pictures")
    tab.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(gallery.get_by_role("button", name="Add several pictures")).to_be_focused()
    return gallery


def open_dialog(tab, gallery):
    gallery.get_by_role("button", name="Add several pictures").click()
    return tab.get_by_role("dialog")


def pictures_of_the_library_are_added_in_one_dialog(tab):
    kilns = ["Kiln 1", "Kiln 2"]
    for title in kilns:
        builders.make_image(title, description=f"Side of {title}")
    gallery = add_gallery(tab)
    captions = gallery.get_by_label("Caption")
    captions.fill("The kiln of the village")  # typed before its picture is chosen
    dialog = open_dialog(tab, gallery)
    for title in kilns:
        dialog.get_by_role("checkbox", name=title).check()
    assert run_axe(tab, within=".modal") == []
    dialog.get_by_role("button", name="Confirm selection").click()

    texts = gallery.get_by_label("Alternative text").filter(visible=True)
    expect(texts).to_have_count(3)
    assert {text.input_value() for text in texts.all()} == {"", "Side of Kiln 1", "Side of Kiln 2"}
    expect(pictures_of(gallery)).to_have_count(2)
    expect(captions.first).to_have_value("The kiln of the village")
    expect(gallery.get_by_role("button", name="Add several pictures")).to_be_focused()

    # Those beyond the size of a gallery are named.
    for number in range(10):
        builders.make_image(f"Mine {number:02}")
    dialog = open_dialog(tab, gallery)
    boxes = dialog.get_by_role("checkbox", name="Mine")
    expect(boxes).to_have_count(10)
    for box in boxes.all():
        box.check()
    dialog.get_by_role("button", name="Confirm selection").click()
    # With the one that has only a caption, these are 12, the most that a gallery may have.
    expect(pictures_of(gallery)).to_have_count(11)
    expect(tab.get_by_text("These pictures are only in the library: Mine")).to_be_visible()


def test_galleries(tab, live_server, without_autosaves, allow_errors):
    """All of it in one page editor, because to open one takes long."""
    admin.go_to_editor(tab, live_server.url, builders.make_story("Pictures", live=False, body=[]))
    allow_errors.append("ERR_FAILED")  # the request that a test aborts
    a_block_asks_little(tab)
    files_are_sent_with_one_answer_and_what_is_refused_is_named(tab, add_gallery(tab))
    uploaded_pictures_are_added_after_a_request_that_failed(tab, add_gallery(tab))
    a_picture_that_is_deleted_after_the_upload_is_left_out(tab, add_gallery(tab))
    pictures_of_the_library_are_added_in_one_dialog(tab)


def files_are_sent_with_one_answer_and_what_is_refused_is_named(tab, gallery):
    person = make_agreeing_person()
    sent = []
    tab.on("request", lambda request: sent.append(request) if "multiple/add" in request.url else None)
    dialog = open_dialog(tab, gallery)
    dialog.get_by_role("tab", name="Upload").click()
    files = [
        picture("road.png", 60, 40),
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"No picture."},
        picture("sea.png", 40, 60),
    ]
    dialog.get_by_label("Files, one or more*").set_input_files(files)
    whom = dialog.get_by_role("radio", name="Someone else")
    assert whom.evaluate(REFUSES), "the browser asks for the answer"
    expect(dialog.get_by_label(person.code)).to_be_hidden()
    assert not sent
    assert not CleanImage.objects.exists()
    whom.check()
    dialog.get_by_label(person.code).check()
    # Asked only in the form of one picture.
    expect(dialog.get_by_label("could be recognised")).to_have_count(0)
    dialog.get_by_label("Credit").fill("A. Painter")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog.get_by_role("status")).to_contain_text("Not added: letter.png: ")
    assert len(sent) == 3, "each file is sent once"
    expect(pictures_of(gallery)).to_have_count(2)
    expect(dialog.get_by_label("Files, one or more*")).to_have_value(re.compile("letter.png"))
    stored = set(CleanImage.objects.values_list("title", "shows", "people", "credit"))
    assert stored == {(title, "other", person.pk, "A. Painter") for title in ("road", "sea")}
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def a_block_asks_little(tab):
    """A quote fits into half a screen. A picture is two panels deep. A title becomes no link."""
    assert admin.add_block(tab, "Quote").bounding_box()["height"] <= 400
    expect(add_gallery(tab).locator(".w-panel")).to_have_count(2)
    builders.make_document("Know your rights")
    block = admin.add_block(tab, "Document")
    block.get_by_role("button", name="Choose a document").click()
    document = tab.get_by_role("dialog").get_by_role("link", name="Know your rights").first
    expect(document).to_be_visible()
    # The name of a file can name a person: no script copies it into the title, or the title into the link.
    expect(tab.get_by_role("dialog").locator("[type=file][data-controller]")).to_have_count(0)
    document.click()
    expect(block).to_contain_text("Know your rights")
    expect(block.get_by_label("Link text*")).to_have_value("")


def drop(tab, gallery, *names):
    """Drop files with `names` on `gallery`. Return the dialog that opens, ready to upload them."""
    gallery.get_by_role("button", name="Add several pictures").evaluate(DROP, names)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_label("Files, one or more*")).to_be_visible()
    dialog.get_by_role("radio", name="A place or a thing").check()
    return dialog


def uploaded_pictures_are_added_after_a_request_that_failed(tab, gallery):
    before = CleanImage.objects.count()
    dialog = drop(tab, gallery, "road.png", "letter.txt", "sea.png")
    upload = dialog.get_by_role("button", name="Upload")
    tab.route("**/chosen-multiple/**", lambda route: route.abort(), times=1)
    upload.click()
    expect(dialog.get_by_role("status")).to_have_text(
        re.compile(r"^Not added: letter\.txt: .+ road\.png, sea\.png: It could not be sent\. Try again\.$")
    )
    files = dialog.get_by_label("Files, one or more*")
    expect(files).to_have_value(re.compile("letter.txt"))
    expect(pictures_of(gallery)).to_have_count(0)

    files.set_input_files([])
    upload.click()
    expect(dialog).to_be_hidden()
    expect(pictures_of(gallery)).to_have_count(2)
    assert CleanImage.objects.count() == before + 2, "no picture is uploaded twice"


def a_picture_that_is_deleted_after_the_upload_is_left_out(tab, gallery):
    dialog = drop(tab, gallery, "lake.png", "hill.png")
    tab.route("**/chosen-multiple/**", answer_without_the_first, times=1)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden()
    expect(pictures_of(gallery)).to_have_count(1)
