"""The day until which visitors may read stories and see pictures: consents and decisions change it."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import Locale

from caching.content_version import content_version
from caching.local_date import today
from home.models import SiteSettings
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
    story = make_story_about(make_agreeing_person({"ends_on": NOON.date()}), live=False)
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    with timezone.override("America/Lima"):
        assert not is_read(client, story)
        assert content_version.read()[-1] == today().toordinal(), "caches use the same day"


def test_every_event_counts_at_once(client):
    person = make_agreeing_person()
    story = make_story_about(person)
    assert is_read(client, story)
    for change, expected in (
        ({"event": "changed", "naming": 0}, False),
        ({"event": "changed"}, True),
        ({"event": "withdrawn"}, False),
        ({"event": "given"}, True),
    ):
        record(person, **AGREED | change)
        assert is_read(client, story) == expected


def test_no_event_releases_a_story_of_which_nobody_said_who_is_in_it(client):
    person = make_person()
    story = make_story_about(person, live=False)
    story.people, story.live = "", True
    story.save(clean=False)  # as a program does that bypasses the check before publishing
    record(person, **ALL_AGREED)
    assert client.get(story.url).status_code == 404
    builders.save_with(story, check=False, people="listed")
    assert client.get(story.url).status_code == 200


def test_withdrawn_story_is_on_no_page(client):
    person = make_agreeing_person()
    make_story_about(person, title="Lantern", countries=["KE"])
    # tests/publishing/test_visibility.py looks for such a story in lists, and by the search.
    addresses = ["/", "/stories/feed.atom", "/sitemap.xml", "/stories/country/kenya/", "/stories/lantern/"]
    assert [address for address in addresses if "/lantern/" not in client.get(address).text] == []
    withdraw(person)
    assert [address for address in addresses if "/lantern/" in client.get(address).text] == []
    # Users who may edit the story can't open its public address either.
    client.force_login(builders.make_user("Editors"))
    assert client.get("/stories/lantern/").status_code == 404


# --- Decisions -----------------------------------------------------------------------------------


def child_story():
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(50))
    return child, make_story_about(child, live=False)


def test_decision_is_for_this_content_and_time(client):
    child, story = child_story()
    StoryPage.objects.filter(pk=story.pk).update(live=True)
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
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    copy = story.copy(update_attrs={"slug": "copy"}, keep_live=False)
    StoryPage.objects.filter(pk=copy.pk).update(live=True)
    assert copy.people_digest == story.people_digest
    decide(story, child, "child")
    assert is_read(client, story)
    assert not is_read(client, copy)


def test_decision_stands_in_for_consent_and_never_for_a_withdrawal(client):
    accused = make_person(role="accused")
    story = make_story_about(accused, live=False)
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    decide(story, accused, "other")
    assert is_read(client, story)
    record(accused, event="withdrawn")
    assert not is_read(client, story)


def test_another_legal_ground_undoes_no_later_answer_once_that_consent_has_ended(time_machine):
    person = make_person()
    story = make_story_about(person, naming=Naming.REAL, live=False)
    story.live = True
    story.save(clean=False)
    decide(story, person, "other", days=90)
    assert is_published(story)
    record(
        person, **ALL_AGREED | {"naming": Naming.NONE, "given_on": today(), "ends_on": days_from_today(30)}
    )
    assert not is_published(story)
    time_machine.move_to(timezone.now() + datetime.timedelta(days=31))
    recompute([story.pk])
    assert not is_published(story)
    decide(story, person, "other")
    assert is_published(story), "somebody decided with what the person has answered"


@pytest.mark.parametrize("ground", ["proceedings", "in_programme"])
def test_decision_about_an_answer_ends_with_the_next_answer(ground):
    person = make_agreeing_person({ground: None})
    story = make_story_about(person, live=False)
    story.live = True
    for answer in (None, True):
        story.save(clean=False)
        decide(story, person, ground.removeprefix("in_"))
        assert is_published(story)
        record(person, **ALL_AGREED | {ground: answer})
        assert not is_published(story), answer


def test_translation_needs_agreement_to_other_languages(client):
    person = make_agreeing_person({"where": ["website"]})
    story = make_story_about(person)
    french = builders.home_page().copy_for_translation(
        locale=Locale.objects.get_or_create(language_code="fr")[0]
    )
    index = builders.make_index().copy_for_translation(locale=french.locale)
    translation = story.copy_for_translation(locale=index.locale)
    for page in (french, index, translation):
        page.live = True
        page.save(clean=False, update_fields=["live"])
    assert (is_read(client, story), until(translation)) == (True, None)  # None: not released
    copy = StoryPage.objects.get(pk=translation.copy(update_attrs={"slug": "copy"}).pk)
    copy.save(clean=False)
    index.refresh_from_db()
    copies = StoryPage.objects.below(index.copy(recursive=True, update_attrs={"slug": "copies"}))
    assert [until(page) for page in (copy, *copies)] == [None] * 3
    record(person, **AGREED | {"where": ["website", "languages"]})
    assert is_read(client, translation)


def test_story_is_not_read_among_the_pages_of_another_language(client):
    """What is copied to the pages of another language counts as a translation."""
    person, french = make_agreeing_person({"where": ["website"]}), make_index_in("fr")
    section = builders.make_index(builders.make_index(), title="Part")
    story = StoryPage.objects.get(pk=make_story_about(person, parent=section).pk)
    story.copy(to=french, update_attrs={"slug": "copie"}, keep_live=True)
    section.copy(to=french, recursive=True, update_attrs={"slug": "partie"}, keep_live=True)
    assert [is_read(client, page) for page in StoryPage.objects.descendant_of(french)] == [False] * 2
    assert is_read(client, story)


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


@pytest.mark.sqlite_only
def test_withdrawn_picture_is_in_no_place_of_pages_that_are_read(client):
    image = builders.make_image()
    still = {"image": image.pk, "alt_text": "Her face", "decorative": False}
    film = {"kind": "video", "title": "Film", "url": "https://example.org/", "voice": "0"}
    film["poster"] = still
    page = builders.make_plain_page("About", body=[{"type": "media_link", "value": film}])
    builders.make_author("Awa", picture=image)
    story = builders.make_story(authors=["Awa"])
    leading = builders.make_story("Lantern", lead_image=image, lead_image_alt="Her face")
    builders.save_with(SiteSettings.for_site(page.get_site()), logo=image)
    # Somebody notices only now who is on the picture, and lists the person in the pages.
    person = make_agreeing_person()
    image.people.add(person)
    for each in (page, leading):
        builders.save_with(each, people="listed", story_people=rows_of(person))
    # {address: number of pictures}: the logo, and one other. Feeds have none.
    addresses = [page.url, story.url, leading.url, "/stories/", "/search/?q=lantern"]
    numbers = dict.fromkeys(addresses, 2) | {"/feed.atom": 0}
    texts = {address: client.get(address).text for address in numbers}
    assert {address: len(re.findall("(?:<|&lt;)img", text)) for address, text in texts.items()} == numbers
    withdraw(person)
    for address in numbers:
        text = client.get(address).text
        assert "<img" not in text and "/media/images/" not in text and "Her face" not in text, address
