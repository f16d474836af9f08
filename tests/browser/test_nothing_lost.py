"""Pictures, texts and dates that the admin would lose or change without a word, in a browser."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from wagtail.users.models import UserProfile

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.one_database

WHOM = "Whom it shows"


@pytest.fixture
def desk(new_page, live_server, moderator):
    """A browser page in the admin, in which a moderator is signed in."""
    page = admin.open_desk(new_page)
    admin.give_session(page, live_server.url, moderator)
    page.open = lambda path: page.goto(f"{live_server.url}/admin/{path}")
    return page


def picture_file(name="road.png", color=(160, 90, 40)):
    return {"name": name, "mimeType": "image/png", "buffer": builders.picture_bytes(60, 40, color=color)}


def files(count):
    return [picture_file(f"road{number}.png", color=(number, 90, 40)) for number in range(count)]


# --- The alternative text of another picture ------------------------------------------------------


def choose(desk, panel, title, button="Choose a picture"):
    if button != "Choose a picture":
        panel.get_by_role("button", name="Actions").first.click()
    desk.get_by_role("button", name=button).filter(visible=True).first.click()
    desk.get_by_role("dialog").get_by_role("link", name=title).click()
    expect(desk.get_by_role("dialog")).to_be_hidden()


def test_another_lead_picture_brings_its_own_text(desk):
    builders.make_image("Road", description="A road between fields")
    builders.make_image("Kiln", description="A brick kiln")
    builders.make_image("Desk")
    story = builders.make_story("With a picture", live=False)
    desk.open(f"pages/{story.pk}/edit/")
    panel = admin.field(desk, "Lead picture")
    text = panel.get_by_label("Alternative text")
    choose(desk, panel, "Road")
    expect(text).to_have_value("A road between fields")
    choose(desk, panel, "Kiln", "Change image")
    expect(text).to_have_value("A brick kiln")
    text.fill("The kiln where she worked")
    panel.get_by_label("The picture is decoration only").check()
    choose(desk, panel, "Kiln", "Change image")
    expect(text).to_have_value("The kiln where she worked")
    choose(desk, panel, "Desk", "Change image")
    expect(text).to_have_value("")
    expect(panel.get_by_label("The picture is decoration only")).not_to_be_checked()
    expect(desk.get_by_text("It said: The kiln where she worked")).to_be_visible()


def test_text_typed_before_the_first_lead_picture_stays(desk):
    builders.make_image("Road", description="A road between fields")
    story = builders.make_story("With a picture", live=False)
    desk.open(f"pages/{story.pk}/edit/")
    panel = admin.field(desk, "Lead picture")
    panel.get_by_label("Alternative text").fill("The road to the coast")
    choose(desk, panel, "Road")
    expect(panel.get_by_label("Alternative text")).to_have_value("The road to the coast")


def test_another_picture_of_a_gallery_brings_its_own_text(desk):
    image = builders.make_image("Road", description="A road between fields")
    builders.make_image("Kiln", description="A brick kiln")
    story = builders.make_story("With a gallery", live=False, body=[builders.pictures_block(image)])
    desk.open(f"pages/{story.pk}/edit/")
    block = admin.blocks(desk).first
    expect(block.get_by_label("Alternative text")).to_have_value("A place")
    choose(desk, block, "Kiln", "Change image")
    expect(block.get_by_label("Alternative text")).to_have_value("A brick kiln")
    expect(desk.get_by_text("It said: A place")).to_be_visible()


# --- Typed dates ----------------------------------------------------------------------------------

TYPED = [
    ("en", "4 March 2025", "2025-03-04"),
    ("en", "04.03.2025", "2025-03-04"),
    ("en", "3/4/2025", None),
    ("fr", "3/4/2025", "2025-04-03"),
    ("fr", "04.03.2025", None),
    ("fr", "le quatre mars", None),
    ("es", "3/4/2025", "2025-04-03"),
]


@pytest.mark.parametrize("language, typed, meant", TYPED)
def test_typed_date_is_understood_or_refused(desk, moderator, language, typed, meant):
    profile = UserProfile.get_for_user(moderator)
    profile.preferred_language = language
    profile.save()
    story = builders.make_story("Dated", live=False, date=datetime.date(2024, 2, 1))
    desk.open(f"pages/{story.pk}/edit/")
    date = desk.locator("#id_date")
    date.fill(typed)
    date.press("Tab")
    expect(date).to_have_value(typed)
    desk.locator("[name=action-save], button.action-save").first.click()
    if meant:
        expect(desk.locator("#id_date")).to_have_value(meant)
        story.refresh_from_db()
        assert f"{story.get_latest_revision_as_object().date}" == meant
    else:
        expect(desk.locator("#panel-child-content-date-section .error-message")).to_contain_text("2025")
        expect(desk.locator("#id_date")).to_have_value(typed)


def test_new_story_starts_with_today(desk):
    index = builders.make_index()
    desk.open(f"pages/add/stories/storypage/{index.pk}/")
    expect(desk.get_by_role("textbox", name="Date*")).to_have_value(f"{timezone.localdate()}")
    assert StoryPage().date == timezone.localdate()
