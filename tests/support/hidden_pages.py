"""Every way in which a page can be hidden from visitors, as functions that make such a page.

Each function of WAYS_TO_HIDE makes a story whose texts have the word HIDDEN, and returns it. The tests of a
place that lists pages make a public story with the word SHOWN beside it, and look for both words.
"""

import datetime

from django.core.management import call_command
from django.utils import timezone
from wagtail.models import Page

from publishing import hiding, trash
from tests.support import files_of_pages, people
from tests.support.builders import make_index, make_private, make_story, save_with

# Words that are in no other text of the site.
HIDDEN, SHOWN = "Quixotic", "Marigold"
HIDDEN_DAY = datetime.date(2025, 5, 5)  # the date of every hidden story


def hidden_story(parent=None, **fields):
    # In most tests, no story that is shown has the theme "Kept quiet".
    fields = {"countries": ["KE"], "themes": ["Debt", "Kept quiet"], "date": HIDDEN_DAY} | fields
    return make_story(f"{HIDDEN} title", parent, summary=f"{HIDDEN} summary.", **fields)


def hidden_section(**fields):
    return make_index(make_index(), title=f"{HIDDEN} section", show_in_menus=True, **fields)


def trashed(page, story):
    """Move `page` to the trash, let something publish it and `story` again, and return the story."""
    trash.move_to_trash(page)
    Page.objects.filter(pk__in=[page.pk, story.pk]).update(live=True)
    story.refresh_from_db()
    return story


def draft():
    return hidden_story(live=False)


def scheduled():
    story = hidden_story(live=False)
    story.go_live_at = timezone.now() + datetime.timedelta(days=2)
    story.save_revision().publish()
    return story


def unpublished():
    story = hidden_story()
    story.unpublish()
    return story


def expired():
    story = save_with(hidden_story(), expire_at=timezone.now() - datetime.timedelta(minutes=1))
    call_command("publish_scheduled")
    return story


def private():
    return make_private(hidden_story())


def for_a_group():
    return files_of_pages.private_to_group(hidden_story())


def below_private_section():
    section = make_private(hidden_section())
    return hidden_story(parent=make_index(section, title=f"{HIDDEN} part"))


def below_unpublished_section():
    section = hidden_section()
    story = hidden_story(parent=make_index(section, title=f"{HIDDEN} part"))
    section.unpublish()
    return story


def below_draft_section():
    return hidden_story(parent=hidden_section(live=False))


def hidden_at_once(page=None):
    page = page or hidden_story()
    hiding.hide(page)
    return page


def published_in_the_trash():
    """A story in the trash that something published again."""
    story = hidden_story()
    return trashed(story, story)


def below_a_section_in_the_trash():
    section = hidden_section()
    return trashed(section, hidden_story(parent=section))


def of_a_person_who_withdrew():
    person = people.make_agreeing_person()
    story = hidden_story(people="listed", story_people=people.rows_of(person))
    people.withdraw(person)
    return story


WAYS_TO_HIDE = [
    *(draft, scheduled, unpublished, expired, private, for_a_group),
    *(below_private_section, below_unpublished_section, below_draft_section),
    *(hidden_at_once, published_in_the_trash, below_a_section_in_the_trash, of_a_person_who_withdrew),
]
