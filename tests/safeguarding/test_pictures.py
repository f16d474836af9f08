"""Pictures are judged as words are: on a page by all that holds for the page, and outside of one as well."""

import pytest

from home.models import SiteSettings
from media.access import is_public
from publishing.visibility import published_pages
from safeguarding.scopes import Picture
from tests.support import builders
from tests.support.people import make_agreeing_person, rows_of

# {condition that is not met outside of a page: (what differs in the consent, fields of the person)}.
OUTSIDE = {
    "proceedings": ({"proceedings": True}, {}),
    "proceedings not asked": ({"proceedings": None}, {}),
    "programme": ({"in_programme": True}, {}),
    "one language": ({"where": ["website"]}, {}),
    "child": ({"given_by": "guardian"}, {"kind": "child"}),
    "child without guardian": ({}, {"kind": "child"}),
    "group with children": ({"given_by": "guardian"}, {"kind": "group"}),
    "no consent to pictures": ({"picture": Picture.NONE}, {}),
    "withdrawn": ({"event": "withdrawn"}, {}),
}


def make_outside(event=(), person=()):
    """Return the picture of a person who agreed, except for `event`, as the logo and that of an author."""
    image = builders.make_image(shows="person", is_recognisable=False)
    image.people.add(make_agreeing_person(event, **dict(person)))
    image.refresh_from_db()
    builders.save_with(SiteSettings.for_site(builders.home_page().get_site()), logo=image)
    return image, builders.make_story(authors=[builders.make_author("Awa", picture=image).name])


@pytest.mark.parametrize("name", [None, *OUTSIDE])
def test_outside_of_a_page_there_is_no_decision_about_a_picture(client, name):
    image, story = make_outside(*OUTSIDE.get(name, ()))
    text = client.get(story.url).text
    assert text.count("<img") == (0 if name else 2)
    assert is_public(image) == (not name)


def make_pages(image):
    """Return live pages about nobody that show `image`: a story, a plain page, the home page."""
    body = [builders.pictures_block(image)]
    story = builders.make_story(lead_image=image, lead_image_alt="A lamp")
    pages = [story, builders.make_plain_page("About", body=body)]
    home = builders.save_with(builders.home_page(), body=body)
    return [*pages, home]


def read_of(pages):
    """Return which of `pages` visitors read."""
    return {page.pk for page in published_pages().filter(pk__in=[each.pk for each in pages])}


def test_a_person_who_is_put_on_a_picture_later_holds_its_pages():
    image = builders.make_image()
    pages = make_pages(image)
    keys = {page.pk for page in pages}
    assert read_of(pages) == keys
    # Somebody who agreed to everything, too: the person is not in the list, and has to be.
    person = make_agreeing_person()
    image.people.add(person)
    assert read_of(pages) == set()
    about = pages[2]
    about.people, about.story_people = "listed", rows_of(person)
    about.save_revision().publish()
    assert read_of(pages) == {about.pk}
    image.people.clear()
    assert read_of(pages) == keys


def test_a_picture_that_is_said_to_be_recognisable_holds_its_pages():
    person = make_agreeing_person({"picture": Picture.NOT_RECOGNISABLE})
    image = builders.make_image(is_recognisable=False)
    image.people.add(person)
    listed = {"people": "listed", "story_people": rows_of(person)}
    about = builders.make_plain_page("About", body=[builders.pictures_block(image)], **listed)
    for is_recognisable in (False, True, False):
        builders.save_with(image, is_recognisable=is_recognisable)
        assert bool(read_of([about])) == (not is_recognisable)
