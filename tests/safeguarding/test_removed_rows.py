"""Removing a row, as a script can, never shows readers more: what is unknown then is not shown."""

import pytest

from media.models import CleanImage
from safeguarding.models import Contributor, Release
from stories.models import StoryPage
from tests.support import people
from tests.support.builders import make_image, make_story, save_with
from tests.support.people import is_read
from tests.support.translations import make_index_in


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


REMOVE = {
    "use": lambda _story, withdrawn: withdrawn.uses.all().delete(),
    "release": lambda story, _withdrawn: Release.objects.filter(page=story.pk).delete(),
    "decision": lambda story, withdrawn: people.decide(story, withdrawn, "other").delete(),
}


@pytest.mark.parametrize("what", REMOVE)
def test_story_with_somebody_who_withdrew_stays_held(what):
    other, withdrawn = people.make_agreeing_person(), people.make_agreeing_person()
    story = people.make_story_about(other, withdrawn)
    assert is_read(story)
    people.withdraw(withdrawn)
    REMOVE[what](story, withdrawn)
    assert not is_read(story)
    people.record(other, **people.ALL_AGREED)
    assert not is_read(story), "the consent of somebody else changed"
    StoryPage.objects.get(pk=story.pk).save(clean=False)
    assert not is_read(story)
    people.record(withdrawn, **people.ALL_AGREED)
    assert is_read(story), "the saved page reported again who is in it"


@pytest.mark.parametrize("is_copied", [False, True])
def test_whoever_comes_into_a_translation_after_its_original_is_deleted_agrees_to_its_language(is_copied):
    story, index = make_story(), make_index_in("fr")
    key = story.translation_key
    translation = make_story(parent=index, locale=index.locale, translation_key=key)
    story.delete()
    if is_copied:
        translation = translation.copy(update_attrs={"slug": "copy"})
    changed = StoryPage.objects.get(pk=translation.pk)
    person = people.make_agreeing_person({"where": ["website"]})
    save_with(changed, check=False, people="listed", story_people=people.rows_of(person), live=True)
    assert not is_read(changed)
    people.record(person, **people.ALL_AGREED)
    assert is_read(changed)
