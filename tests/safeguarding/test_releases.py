"""The day until which visitors may read stories and see pictures: consents and decisions change it."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.images import get_image_model

from caching.content_version import content_version
from caching.local_date import today
from media.cleaning import CleanFile
from publishing.visibility import is_published
from safeguarding.models import Release
from safeguarding.releases import recompute
from safeguarding.scopes import NO_END, Naming, Picture
from stories.models import StoryPage
from tests.support import builders
from tests.support.files_of_pages import get
from tests.support.people import (
    ALL_AGREED,
    days_from_today,
    decide,
    make_agreeing_person,
    make_person,
    make_story_about,
    record,
    rows_of,
    withdraw,
)
from tests.support.translations import make_index_in

NOON = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)
# An event with which everything is agreed to, except for other languages.
AGREED = ALL_AGREED | {"where": ["website"]}


def is_read(client, story):
    """Return whether visitors can open `story`, and assert that lists and links have it only then."""
    is_listed = StoryPage.objects.published().filter(pk=story.pk).exists()
    assert is_listed == (client.get(story.url).status_code == 200)
    assert is_listed == is_published(StoryPage.objects.get(pk=story.pk))
    return is_listed


def until(story):
    return Release.objects.get(page=story.pk).until


# --- Days and events -----------------------------------------------------------------------------


def test_story_is_read_until_the_first_consent_in_it_ends(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    first, second = (make_agreeing_person({"ends_on": days_from_today(days)}) for days in (3, 9))
    story, other = make_story_about(first, second), builders.make_story()
    assert (until(story), until(other)) == (days_from_today(3), NO_END)
    before = content_version.read()
    for days, expected in ((3, True), (4, False)):
        time_machine.move_to(NOON + datetime.timedelta(days=days), tick=False)
        assert is_read(client, story) == expected
        assert is_read(client, other)
    assert content_version.read() != before, "what is cached for visitors is of another day"
    record(first, **AGREED | {"event": "renewed", "ends_on": days_from_today(30)})
    assert is_read(client, story)
    assert until(story) == NOON.date() + datetime.timedelta(days=9)


def test_day_is_that_of_the_site_and_not_of_the_user(client, time_machine, settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # 13 hours ahead in March
    time_machine.move_to(NOON, tick=False)
    assert today() == datetime.date(2026, 3, 11)
    story = make_held(make_agreeing_person({"ends_on": NOON.date()}))
    with timezone.override("America/Lima"):
        assert not is_read(client, story)
        assert content_version.read()[-1] == today().toordinal(), "caches use the same day"


def test_no_event_releases_a_story_of_which_nobody_said_who_is_in_it(client):
    person = make_person()
    story = builders.save_with(make_held(person), check=False, people="")
    record(person, **ALL_AGREED)
    assert not is_read(client, story)
    builders.save_with(story, check=False, people="listed")
    assert is_read(client, story)


# --- Decisions -----------------------------------------------------------------------------------


def make_held(person, **fields):
    """Return a story about `person` that is live without a check."""
    story = make_story_about(person, live=False, **fields)
    return builders.save_with(story, check=False, live=True)


def child_story():
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(50))
    return child, make_held(child)


def test_decision_is_for_this_content_and_time(client):
    child, story = child_story()
    assert not is_read(client, story)
    decide(story, child, "child", days=20)
    assert is_read(client, story)
    assert until(story) == days_from_today(20)

    story = StoryPage.objects.get(pk=story.pk)
    story.save(clean=False)
    assert is_read(client, story), "nothing was changed"
    builders.save_with(story, check=False, summary="Another summary.")
    assert not is_read(client, story)
    decision = decide(story, child, "child")
    assert until(story) == days_from_today(49), "the guardian's consent ends"
    decision.delete()
    assert not is_read(client, story)
    decide(story, child, "child")
    assert is_read(client, story)
    withdraw(child)
    assert not is_read(client, story)


def test_decision_is_for_one_page(client):
    """A copy has the same content, and so the same digest, but nobody weighed where it is."""
    child, story = child_story()
    copy = story.copy(update_attrs={"slug": "copy"}, keep_live=False)
    StoryPage.objects.filter(pk=copy.pk).update(live=True)
    assert copy.people_digest == story.people_digest
    decide(story, child, "child")
    assert is_read(client, story)
    assert not is_read(client, copy)


def test_decision_stands_in_for_consent_and_never_for_a_withdrawal(client):
    accused = make_person(role="accused")
    story = make_held(accused)
    decide(story, accused, "other")
    assert is_read(client, story)
    record(accused, event="withdrawn")
    assert not is_read(client, story)


def test_another_legal_ground_undoes_no_later_answer_once_that_consent_has_ended(time_machine):
    person = make_person()
    story = make_held(person, naming=Naming.REAL)
    decide(story, person, "other", days=90)
    assert is_published(story)
    changed = {"naming": Naming.NONE, "given_on": today(), "ends_on": days_from_today(30)}
    record(person, **ALL_AGREED | changed)
    assert not is_published(story)
    time_machine.move_to(timezone.now() + datetime.timedelta(days=31))
    recompute([story.pk])
    assert not is_published(story)
    decide(story, person, "other")
    assert is_published(story), "somebody decided with what the person has answered"


@pytest.mark.parametrize("ground", ["proceedings", "in_programme"])
def test_decision_about_an_answer_ends_with_the_next_answer(ground):
    person = make_agreeing_person({ground: None})
    story = make_held(person)
    for answer in (None, True):
        story.save(clean=False)
        decide(story, person, ground.removeprefix("in_"))
        assert is_published(story)
        record(person, **ALL_AGREED | {ground: answer})
        assert not is_published(story), answer


def test_translation_needs_agreement_to_other_languages(client):
    """What is copied to the pages of another language counts as a translation."""
    person, french = make_agreeing_person({"where": ["website"]}), make_index_in("fr")
    section, live = builders.make_index(builders.make_index(), title="Part"), {"keep_live": True}
    inner, story = make_story_about(person, parent=section), make_story_about(person)
    translation = builders.save_with(story.copy_for_translation(french.locale), check=False, live=True)
    StoryPage.objects.get(pk=translation.pk).copy(update_attrs={"slug": "copy"}, **live)
    StoryPage.objects.get(pk=inner.pk).copy(to=french, update_attrs={"slug": "copie"}, **live)
    section.copy(to=french, recursive=True, update_attrs={"slug": "partie"}, **live)
    french.refresh_from_db()
    french.copy(recursive=True, update_attrs={"slug": "copies"}, **live)
    found = StoryPage.objects.descendant_of(french.get_parent())
    assert [is_read(client, page) for page in found] == [False] * 8
    assert is_read(client, story)
    record(person, **AGREED | {"where": ["website", "languages"]})
    assert is_read(client, translation)


# --- Pictures ------------------------------------------------------------------------------------


def sees_picture(client, page):
    """Return whether visitors see the picture of `page`, and assert that it is gone completely if not.

    Then the page has no figure for it, and its rendition can't be downloaded.
    """
    html = client.get(page.url).text
    sources = [part.split('"')[0].split()[0] for part in html.split('srcset="')[1:]]
    assert bool(sources) == ("<figure" in html)
    image = get_image_model().objects.get()
    rendition = image.renditions.filter(filter_spec__contains="format-").first()
    if rendition:
        assert get(client, rendition.url).status_code == (200 if sources else 404)
    return bool(sources)


def test_picture_is_shown_while_its_people_agree_on_any_page(client):
    image, person = builders.make_image(shows="person"), make_agreeing_person()
    image.people.add(person)
    people = {"people": "listed", "story_people": rows_of(person)}
    page = builders.make_plain_page("About", body=[builders.pictures_block(image)], **people)
    image.people.clear()
    assert not sees_picture(client, page), "nobody said who is on it"
    image.people.add(person)
    assert sees_picture(client, page)
    for change, expected in (
        ({"picture": Picture.NOT_RECOGNISABLE}, False),
        ({"event": "withdrawn"}, False),
        ({}, True),
    ):
        record(person, **AGREED | change)
        assert sees_picture(client, page) == expected

    # A new file asks again who is on it.
    image = get_image_model().objects.get()
    image.file = CleanFile(builders.picture_bytes(color=(20, 20, 90)), ".png")
    image.save()
    assert not sees_picture(client, page)
    client.force_login(builders.make_user(is_superuser=True))
    form = {"title": "A", "shows": "person", "people": [person.pk], "is_recognisable": "on"}
    response = client.post(
        reverse("wagtailimages:edit", args=[image.pk]), form | {"collection": 1, "tags": ""}
    )
    assert response.status_code == 302
    client.logout()
    assert sees_picture(client, page)
