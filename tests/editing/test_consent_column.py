"""The column and the filter "Consent" of the list of all stories.

A Release has the last day on which visitors may read a story. A story is "held back" if an editor answered
who is in it, and its Release is missing, over or without such a day. Visitors can't read such a story, or
could not if it went live.
"""

import csv
import io

import pytest

from safeguarding.models import Release
from safeguarding.scopes import Naming
from safeguarding.wording import format_day
from stories.models import StoryPage
from tests.support.builders import make_story
from tests.support.people import (
    days_from_today,
    make_agreeing_person,
    make_person,
    make_story_about,
    rows_of,
    withdraw,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/stories/"
UNDECIDED = ("undecided", "Not decided yet")
HELD_BACK = ("held_back", "Held: something is missing")


def until(number):
    """Return a person whose consent ends in `number` days."""
    return make_agreeing_person({"ends_on": days_from_today(number)})


def make_stories():
    """Make stories of every state. Return {title: (value of the filter, text in the column)}.

    A consent "ends soon" in its last 60 days.
    """
    long, soon, last = until(61), until(60), until(0)
    # A story without an answer to who is in it. Forms don't publish such a story.
    imported = make_story("Imported")
    StoryPage.objects.filter(pk=imported.pk).update(people="")
    Release.objects.filter(page=imported).delete()
    make_story("Undecided draft", people="", live=False)
    # This one says that nobody is described, and lists somebody, which counts as no answer.
    make_story("Contradictory", people="none", story_people=rows_of(long), live=False)
    make_story("About nobody")
    make_story_about(long, title="Agreed")
    make_story_about(long, soon, title="Two people")
    make_story_about(last, title="Last day")
    # Two stories whose people agreed, but whose Release is over or missing.
    over = make_story_about(long, title="Over since yesterday")
    Release.objects.filter(page=over).update(until=days_from_today(-1))
    Release.objects.filter(page=make_story_about(long, title="Loaded")).delete()
    gone = make_agreeing_person()
    make_story_about(gone, title="Withdrawn")
    withdraw(gone)
    make_story_about(make_person(), title="Not asked", live=False)
    # This person agreed to no name, and make_story_about() gives them a changed one.
    make_story_about(make_agreeing_person({"naming": Naming.NONE}), title="Named", live=False)
    return {
        **dict.fromkeys(("Imported", "Undecided draft", "Contradictory"), UNDECIDED),
        "About nobody": ("nobody", "Nobody is described"),
        "Agreed": ("in_order", f"In order until {format_day(days_from_today(61))}"),
        "Two people": ("ends_soon", f"Ends soon: {format_day(days_from_today(60))}"),
        "Last day": ("ends_soon", f"Ends soon: {format_day(days_from_today(0))}"),
        **dict.fromkeys(("Over since yesterday", "Loaded", "Withdrawn", "Not asked", "Named"), HELD_BACK),
    }


def exported(client, query=""):
    """Return [(title, text in the column)] of the list with `query`, from its export, which is quick."""
    text = client.get(f"{LIST}?export=csv{query}").getvalue().decode()
    return [(row["Title"], row["Consent"]) for row in csv.DictReader(io.StringIO(text))]


def test_the_column_and_the_filter_say_whether_the_consent_is_in_order(admin_client):
    expected = make_stories()
    assert dict(exported(admin_client)) == {title: words for title, (_value, words) in expected.items()}
    assert f"Ends soon: {format_day(days_from_today(60))}" in admin_client.get(LIST).text

    for value in {value for value, _words in expected.values()}:
        titles = {title for title, (its_value, _words) in expected.items() if its_value == value}
        assert dict(exported(admin_client, f"&consent={value}")).keys() == titles, value


def test_stories_can_be_sorted_by_the_end_of_their_consent(admin_client):
    make_stories()
    rows = exported(admin_client, "&ordering=consent_until&consent=ends_soon&consent=in_order")
    assert [title for title, _words in rows] == ["Last day", "Two people", "Agreed"]
