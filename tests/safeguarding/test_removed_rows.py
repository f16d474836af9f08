"""Removing a row, as a script can, never shows readers more: what is unknown then is not shown."""

import pytest

from media.models import CleanImage
from safeguarding.models import Contributor, Release
from stories.models import StoryPage
from tests.support import people
from tests.support.builders import make_image, make_story, save_with
from tests.support.translations import make_index_in


def is_read(story):
    return StoryPage.objects.published().filter(pk=story.pk).exists()


@pytest.mark.parametrize("shows", CleanImage.Shows.values)
def test_picture_of_a_deleted_person_is_not_shown_until_somebody_says_who_is_on_it(shows, subtests):
    for others in ([], [people.make_agreeing_person()]):
        for agrees in (True, False):
            with subtests.test(others=len(others), agrees=agrees):
                person = people.make_agreeing_person() if agrees else people.make_person()
                image = make_image(shows=shows)
                image.people.add(person, *others)
                assert CleanImage.objects.get(pk=image.pk).is_shown == agrees
                Contributor.objects.filter(pk=person.pk).delete()
                image = CleanImage.objects.get(pk=image.pk)
                image.save()
                assert not image.is_shown
                image.asks_again = False  # as the form does
                image.save()
                assert image.is_shown == (bool(others) or shows != "person")


def remove_use(story, withdrawn):
    withdrawn.uses.all().delete()


def remove_release(story, withdrawn):
    Release.objects.filter(page=story.pk).delete()


def remove_decision(story, withdrawn):
    people.decide(story, withdrawn, "other").delete()


@pytest.mark.parametrize("remove", [remove_use, remove_release, remove_decision])
def test_story_with_somebody_who_withdrew_stays_held(remove):
    other, withdrawn = people.make_agreeing_person(), people.make_agreeing_person()
    story = people.make_story_about(other, withdrawn)
    assert is_read(story)
    people.withdraw(withdrawn)
    remove(story, withdrawn)
    assert not is_read(story)
    people.record(other, **people.ALL_AGREED)
    assert not is_read(story), "the consent of somebody else changed"
    StoryPage.objects.get(pk=story.pk).save(clean=False)
    assert not is_read(story)
    people.record(withdrawn, **people.ALL_AGREED)
    assert is_read(story), "the saved page reported again who is in it"


def leave(translation):
    return translation


def copy(translation):
    return StoryPage.objects.get(pk=translation.copy(update_attrs={"slug": "copy"}).pk)


@pytest.mark.parametrize("change", [leave, copy])
def test_whoever_comes_into_a_translation_after_its_original_is_deleted_agrees_to_its_language(change):
    story, index = make_story(), make_index_in("fr")
    key = story.translation_key
    translation = make_story(parent=index, locale=index.locale, translation_key=key)
    story.delete()
    changed = change(StoryPage.objects.get(pk=translation.pk))
    person = people.make_agreeing_person({"where": ["website"]})
    save_with(changed, check=False, people="listed", story_people=people.rows_of(person), live=True)
    assert not is_read(changed)
    people.record(person, **people.ALL_AGREED)
    assert is_read(changed)
