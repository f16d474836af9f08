"""The day until which visitors may read stories and see pictures: consents and decisions change it."""

import datetime

import pytest
from django.utils import timezone
from wagtail.images import get_image_model

from caching.content_version import content_version
from caching.local_date import today
from home.models import SiteSettings
from media import access, cleaning
from media.models import CleanImage
from publishing.visibility import is_published, published_pages
from safeguarding import releases, scopes
from safeguarding.models import Contributor, Release
from stories.models import StoryPage
from tests.support import builders, files_of_pages, people, translations

NOON = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)
# An event with which everything is agreed to, except for other languages.
AGREED = people.ALL_AGREED | {"where": ["website"]}


def opens(client, story):
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
    first, second = (people.make_agreeing_person({"ends_on": people.days_from_today(n)}) for n in (3, 9))
    story, other = people.make_story_about(first, second), builders.make_story()
    assert (until(story), until(other)) == (people.days_from_today(3), scopes.NO_END)
    before = content_version.read()
    for days, expected in ((3, True), (4, False)):
        time_machine.move_to(NOON + datetime.timedelta(days=days), tick=False)
        assert opens(client, story) == expected
        assert opens(client, other)
    assert content_version.read() != before, "what is cached for visitors is of another day"
    people.record(first, **AGREED | {"event": "renewed", "ends_on": people.days_from_today(30)})
    assert opens(client, story)
    assert until(story) == NOON.date() + datetime.timedelta(days=9)


def test_day_is_that_of_the_site_and_not_of_the_user(client, time_machine, settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # 13 hours ahead in March
    time_machine.move_to(NOON, tick=False)
    assert today() == datetime.date(2026, 3, 11)
    story = make_held(people.make_agreeing_person({"ends_on": NOON.date()}))
    with timezone.override("America/Lima"):
        assert not opens(client, story)
        assert content_version.read()[-1] == today().toordinal(), "caches use the same day"


def test_no_event_releases_a_story_of_which_nobody_said_who_is_in_it(client):
    person = people.make_person()
    story = builders.save_with(make_held(person), check=False, people="")
    people.record(person, **people.ALL_AGREED)
    assert not opens(client, story)
    builders.save_with(story, check=False, people="listed")
    assert opens(client, story)


# --- Decisions -----------------------------------------------------------------------------------


def make_held(person, **fields):
    """Return a story about `person` that is live without a check."""
    story = people.make_story_about(person, live=False, **fields)
    return builders.save_with(story, check=False, live=True)


def child_story():
    guardian = {"given_by": "guardian"}
    child = people.make_agreeing_person(guardian, kind="child", adult_on=people.days_from_today(50))
    return child, make_held(child)


def test_decision_is_for_this_content_and_time(client):
    child, story = child_story()
    assert not opens(client, story)
    people.decide(story, child, "child", days=20)
    assert opens(client, story)
    assert until(story) == people.days_from_today(20)

    builders.save_with(StoryPage.objects.get(pk=story.pk), check=False)
    assert opens(client, story), "nothing was changed"
    builders.save_with(StoryPage.objects.get(pk=story.pk), check=False, summary="Another summary.")
    assert not opens(client, story)
    decision = people.decide(story, child, "child")
    assert until(story) == people.days_from_today(49), "the guardian's consent ends"
    decision.delete()
    assert not opens(client, story)
    people.decide(story, child, "child")
    people.withdraw(child)
    assert not opens(client, story)


def test_decision_is_for_one_page(client):
    """A copy has the same content, and so the same digest, but nobody weighed where it is."""
    child, story = child_story()
    copy = story.copy(update_attrs={"slug": "copy"}, keep_live=False)
    StoryPage.objects.filter(pk=copy.pk).update(live=True)
    assert copy.people_digest == story.people_digest
    people.decide(story, child, "child")
    assert opens(client, story)
    assert not opens(client, copy)


def test_decision_stands_in_for_consent_and_never_for_a_withdrawal(client):
    accused = people.make_person(role="accused")
    story = make_held(accused)
    people.decide(story, accused, "other")
    assert opens(client, story)
    people.record(accused, event="withdrawn")
    assert not opens(client, story)


def test_another_legal_ground_undoes_no_later_answer_once_that_consent_has_ended(time_machine):
    person = people.make_person()
    story = make_held(person, naming=scopes.Naming.REAL)
    people.decide(story, person, "other", days=90)
    assert is_published(story)
    changed = {"naming": scopes.Naming.NONE, "given_on": today(), "ends_on": people.days_from_today(30)}
    people.record(person, **people.ALL_AGREED | changed)
    assert not is_published(story)
    time_machine.move_to(timezone.now() + datetime.timedelta(days=31))
    releases.recompute([story.pk])
    assert not is_published(story)
    people.decide(story, person, "other")
    assert is_published(story), "somebody decided with what the person has answered"


@pytest.mark.parametrize("ground", ["proceedings", "in_programme"])
def test_decision_about_an_answer_ends_with_the_next_answer(ground):
    person = people.make_agreeing_person({ground: None})
    story = make_held(person)
    for answer in (None, True):
        story.save(clean=False)
        people.decide(story, person, ground.removeprefix("in_"))
        assert is_published(story)
        people.record(person, **people.ALL_AGREED | {ground: answer})
        assert not is_published(story), answer


def test_translation_needs_agreement_to_other_languages(client):
    """What is copied to the pages of another language counts as a translation."""
    person, french = people.make_agreeing_person({"where": ["website"]}), translations.make_index_in("fr")
    section, live = builders.make_index(builders.make_index(), title="Part"), {"keep_live": True}
    inner, story = people.make_story_about(person, parent=section), people.make_story_about(person)
    translation = builders.save_with(story.copy_for_translation(french.locale), check=False, live=True)
    StoryPage.objects.get(pk=translation.pk).copy(update_attrs={"slug": "copy"}, **live)
    StoryPage.objects.get(pk=inner.pk).copy(to=french, update_attrs={"slug": "copie"}, **live)
    section.copy(to=french, recursive=True, update_attrs={"slug": "partie"}, **live)
    french.refresh_from_db()
    french.copy(recursive=True, update_attrs={"slug": "copies"}, **live)
    found = StoryPage.objects.descendant_of(french.get_parent())
    assert [opens(client, page) for page in found] == [False] * 8
    assert opens(client, story)
    people.record(person, **AGREED | {"where": ["website", "languages"]})
    assert opens(client, translation)


# --- Pictures ------------------------------------------------------------------------------------


def sees_picture(client, page):
    """Return whether visitors see the picture of `page`, and assert that it is gone completely if not.

    Then the page has no figure for it, and its rendition can't be downloaded.
    """
    html = client.get(page.url).text
    sources = [part.split('"')[0].split()[0] for part in html.split('srcset="')[1:]]
    assert bool(sources) == ("<figure" in html)
    rendition = get_image_model().objects.get().renditions.filter(filter_spec__contains="format-").first()
    if rendition:
        assert files_of_pages.get(client, rendition.url).status_code == (200 if sources else 404)
    return bool(sources)


def test_picture_is_shown_while_its_people_agree_on_any_page(client):
    image, person = builders.make_image(shows="person"), people.make_agreeing_person()
    image.people.add(person)
    listed = {"people": "listed", "story_people": people.rows_of(person)}
    page = builders.make_plain_page("About", body=[builders.pictures_block(image)], **listed)
    image.people.clear()
    assert not sees_picture(client, page), "nobody said who is on it"
    image.people.add(person)
    assert sees_picture(client, page)
    cases = ({"picture": scopes.Picture.NOT_RECOGNISABLE}, False), ({"event": "withdrawn"}, False), ({}, True)
    for change, expected in cases:
        people.record(person, **AGREED | change)
        assert sees_picture(client, page) == expected

    # A new file asks again who is on it.
    image = get_image_model().objects.get()
    image.file = cleaning.CleanFile(builders.picture_bytes(color=(20, 20, 90)), ".png")
    image.save()
    assert not sees_picture(client, page)
    client.force_login(builders.make_user(is_superuser=True))
    form = {"title": "A", "shows": "person", "people": [person.pk], "is_recognisable": "on"}
    form |= {"collection": 1, "tags": ""}
    assert client.post(f"/admin/images/{image.pk}/", form).status_code == 302
    client.logout()
    assert sees_picture(client, page)


# --- Pictures on pages, and outside of one --------------------------------------------------------


# {condition that is not met outside of a page: (what differs in the consent, fields of the person)}.
OUTSIDE = {
    "proceedings": ({"proceedings": True}, {}),
    "proceedings not asked": ({"proceedings": None}, {}),
    "programme": ({"in_programme": True}, {}),
    "one language": ({"where": ["website"]}, {}),
    "child": ({"given_by": "guardian"}, {"kind": "child"}),
    "child without guardian": ({}, {"kind": "child"}),
    "group with children": ({"given_by": "guardian"}, {"kind": "group"}),
    "no consent to pictures": ({"picture": scopes.Picture.NONE}, {}),
    "withdrawn": ({"event": "withdrawn"}, {}),
}


@pytest.mark.parametrize("name", [None, *OUTSIDE])
def test_outside_of_a_page_there_is_no_decision_about_a_picture(client, name):
    """It is the logo, and the picture of an author."""
    event, person = OUTSIDE.get(name, ({}, {}))
    image = builders.make_image(shows="person", is_recognisable=False)
    image.people.add(people.make_agreeing_person(event, **person))
    image.refresh_from_db()
    builders.save_with(SiteSettings.for_site(builders.home_page().get_site()), logo=image)
    story = builders.make_story(authors=[builders.make_author("Awa", picture=image).name])
    assert client.get(story.url).text.count("<img") == (0 if name else 2)
    assert access.is_public(image) == (not name)


def read_of(pages):
    """Return which of `pages` visitors read."""
    return {page.pk for page in published_pages().filter(pk__in=[each.pk for each in pages])}


def test_a_person_who_is_put_on_a_picture_later_holds_its_pages():
    image = builders.make_image()
    body = [builders.pictures_block(image)]
    story = builders.make_story(lead_image=image, lead_image_alt="A lamp")
    home = builders.save_with(builders.home_page(), body=body)
    pages = [story, builders.make_plain_page("About", body=body), home]
    keys = {page.pk for page in pages}
    assert read_of(pages) == keys
    # Somebody who agreed to everything, too: the person is not in the list, and has to be.
    person = people.make_agreeing_person()
    image.people.add(person)
    assert read_of(pages) == set()
    builders.save_draft(pages[2], people="listed", story_people=people.rows_of(person)).publish()
    assert read_of(pages) == {pages[2].pk}
    image.people.clear()
    assert read_of(pages) == keys


def test_a_picture_that_is_said_to_be_recognisable_holds_its_pages():
    person = people.make_agreeing_person({"picture": scopes.Picture.NOT_RECOGNISABLE})
    image = builders.make_image(is_recognisable=False)
    image.people.add(person)
    listed = {"people": "listed", "story_people": people.rows_of(person)}
    about = builders.make_plain_page("About", body=[builders.pictures_block(image)], **listed)
    for is_recognisable in (False, True, False):
        builders.save_with(image, is_recognisable=is_recognisable)
        assert bool(read_of([about])) == (not is_recognisable)


# --- Removed rows: what is unknown then is not shown ----------------------------------------------


@pytest.mark.parametrize("shows", CleanImage.Shows.values)
def test_picture_of_a_deleted_person_is_not_shown_until_somebody_says_who_is_on_it(shows, subtests):
    for others in ([], [people.make_agreeing_person()]):
        for agrees in (True, False):
            with subtests.test(others=len(others), agrees=agrees):
                person = people.make_agreeing_person() if agrees else people.make_person()
                image = builders.make_image(shows=shows)
                image.people.add(person, *others)
                assert CleanImage.objects.get(pk=image.pk).is_shown == agrees
                Contributor.objects.filter(pk=person.pk).delete()
                image = CleanImage.objects.get(pk=image.pk)
                image.save()
                assert not image.is_shown
                image.asks_again = False  # as the form does
                image.save()
                assert image.is_shown == (bool(others) or shows != "person")


REMOVE = {
    "use": lambda _story, withdrawn: withdrawn.uses.all().delete(),
    "release": lambda story, _withdrawn: Release.objects.filter(page=story.pk).delete(),
    "decision": lambda story, withdrawn: people.decide(story, withdrawn, "other").delete(),
}


@pytest.mark.parametrize("what", REMOVE)
def test_story_with_somebody_who_withdrew_stays_held(what):
    other, withdrawn = people.make_agreeing_person(), people.make_agreeing_person()
    story = people.make_story_about(other, withdrawn)
    people.withdraw(withdrawn)
    REMOVE[what](story, withdrawn)
    assert not people.is_read(story)
    people.record(other, **people.ALL_AGREED)
    assert not people.is_read(story), "the consent of somebody else changed"
    StoryPage.objects.get(pk=story.pk).save(clean=False)
    assert not people.is_read(story)
    people.record(withdrawn, **people.ALL_AGREED)
    assert people.is_read(story), "the saved page reported again who is in it"


@pytest.mark.parametrize("is_copied", [False, True])
def test_whoever_comes_into_a_translation_after_its_original_is_deleted_agrees_to_its_language(is_copied):
    story, index = builders.make_story(), translations.make_index_in("fr")
    key = story.translation_key
    translation = builders.make_story(parent=index, locale=index.locale, translation_key=key)
    story.delete()
    if is_copied:
        translation = translation.copy(update_attrs={"slug": "copy"})
    changed = StoryPage.objects.get(pk=translation.pk)
    person = people.make_agreeing_person({"where": ["website"]})
    builders.save_with(changed, check=False, people="listed", story_people=people.rows_of(person), live=True)
    assert not people.is_read(changed)
    people.record(person, **people.ALL_AGREED)
    assert people.is_read(changed)
