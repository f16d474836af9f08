"""Lists and the page editor say whether the consent is in order, and that a live story is held.

A Release has the last day on which visitors may read a story. A story is "held" if an editor answered
who is in it, and its Release is missing, over or without such a day. Visitors can't read such a story, or
could not if it went live.
"""

import csv
import io

import pytest
from django.urls import reverse
from wagtail.models import Page, PageLogEntry

from editing.people.nobody_described import ANSWERED
from media.models import CleanImage
from publishing.hiding import hide
from safeguarding.models import Release, Withdrawal
from safeguarding.scopes import Naming
from safeguarding.wording import format_day
from stories.models import StoryPage
from tests.support import builders, people
from tests.support.builders import make_image, make_story, make_user, parse, save_with, story_form
from tests.support.people import days_from_today, make_agreeing_person, make_story_about, rows_of, withdraw
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db


LIST = "/admin/stories/"
UNDECIDED = ("undecided", "Not decided yet")
HELD = ("held", "Held: something is missing")


def until(number):
    """Return a person whose consent ends in `number` days."""
    return make_agreeing_person({"ends_on": days_from_today(number)})


def make_stories():
    """Make stories of every state. Return {title: (value of the filter, text in the column)}.

    A consent "ends soon" in its last 60 days.
    """
    long, soon, last = until(61), until(60), until(0)
    # A story without an answer to who is in it. Forms don't publish such a story.
    save_with(make_story("Imported"), check=False, people="")
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
    make_story_about(people.make_person(), title="Not asked", live=False)
    # This person agreed to no name, and make_story_about() gives them a changed one.
    make_story_about(make_agreeing_person({"naming": Naming.NONE}), title="Named", live=False)
    return {
        **dict.fromkeys(("Imported", "Undecided draft", "Contradictory"), UNDECIDED),
        "About nobody": ("nobody", "Nobody is described"),
        "Agreed": ("in_order", f"In order until {format_day(days_from_today(61))}"),
        "Two people": ("ends_soon", f"Ends soon: {format_day(days_from_today(60))}"),
        "Last day": ("ends_soon", f"Ends soon: {format_day(days_from_today(0))}"),
        **dict.fromkeys(("Over since yesterday", "Loaded", "Withdrawn", "Not asked", "Named"), HELD),
    }


def exported(client, query=""):
    """Return [(title, text in the column)] of the list with `query`, from its export, which is quick."""
    text = client.get(f"{LIST}?export=csv{query}").getvalue().decode()
    return [(row["Title"], row["Consent"]) for row in csv.DictReader(io.StringIO(text))]


def test_the_column_the_filter_and_the_order_say_whether_the_consent_is_in_order(admin_client):
    expected = make_stories()
    assert dict(exported(admin_client)) == {title: words for title, (_value, words) in expected.items()}
    assert f"Ends soon: {format_day(days_from_today(60))}" in admin_client.get(LIST).text

    for value in {value for value, _words in expected.values()}:
        titles = {title for title, (its_value, _words) in expected.items() if its_value == value}
        assert dict(exported(admin_client, f"&consent={value}")).keys() == titles, value
    rows = exported(admin_client, "&ordering=consent_until&consent=ends_soon&consent=in_order")
    assert [title for title, _words in rows] == ["Last day", "Two people", "Agreed"]


# --- Live stories that are held ---------------------------------------------------------------


def editor_of(story):
    return reverse("wagtailadmin_pages:edit", args=[story.pk])


@pytest.mark.sqlite_only
def test_lists_and_the_editor_say_that_a_live_story_is_held(admin_client):
    person = make_agreeing_person()
    story = make_story_about(person)
    lists = [reverse("wagtailadmin_explore", args=[builders.make_index().pk]), "/admin/stories/"]

    def assert_says_so(expected):
        assert ["live, held" in admin_client.get(address).text for address in lists] == [expected] * 2
        page = parse(admin_client.get(editor_of(story)))
        assert ("This page is live, and held" in page.text) == expected
        assert bool(page.select(".page-status-tag")) != expected  # the badge “Live”

    withdraw(person)
    assert_says_so(True)
    people.record(person, **people.ALL_AGREED)
    assert_says_so(False)
    # The root of the tree is no page that readers see.
    assert "live, held" not in admin_client.get(reverse("wagtailadmin_explore_root")).text


@pytest.mark.sqlite_only
def test_the_explorer_takes_no_query_for_each_story(admin_client, committed):
    address, counts = reverse("wagtailadmin_explore", args=[builders.make_index().pk]), []
    for number in (1, 2):
        make_story_about(person := make_agreeing_person())
        hide(make_story())
        withdraw(person)
        text = admin_client.get(address).text
        assert text.count("live, held") == text.count("hidden from readers") == number
        counts.append(count_queries(admin_client, address)[0])
    assert counts[1] <= counts[0]


@pytest.mark.sqlite_only
def test_who_publishes_a_story_that_only_lists_somebody_no_more_is_told_that_it_is_held(admin_client):
    person = make_agreeing_person()
    story = make_story_about(person)
    withdraw(person)
    fields = people.people_fields(story) | {"people": "none"}
    form = story_form("publish", title=story.title, slug=story.slug, **fields)
    form["story_people-0-DELETE"] = "on"
    response = admin_client.post(editor_of(story), form, follow=True)
    assert "has been published" in response.text
    assert "This page is live, and held" in response.text


@pytest.mark.sqlite_only
def test_live_story_that_is_held_back_can_be_locked_and_unlocked(admin_client):
    """Otherwise nobody could mend a story that was locked before."""
    person = make_agreeing_person()
    story = make_story_about(person)
    withdraw(person)
    for action, is_locked in (("lock", True), ("unlock", False)):
        admin_client.post(reverse(f"wagtailadmin_pages:{action}", args=[story.pk]))
        story.refresh_from_db()
        assert story.locked == is_locked


# --- “Nobody is described” for several stories ----------------------------------------------------


def make_undecided(title, **fields):
    """Return a live story without an answer who is in it, such as one that is older than the question."""
    story = make_story(title, **fields)
    StoryPage.objects.filter(pk=story.pk).update(people="")
    Release.objects.filter(page=story).delete()
    story = StoryPage.objects.get(pk=story.pk)
    story.save_revision(clean=False, changed=False)
    return story


def address(*pages, action="nobody_described"):
    query = "&".join(f"id={page.pk}" for page in pages)
    return f"/admin/bulk/wagtailcore/page/{action}/?{query}&next=/admin/stories/"


def answers(story):
    """Return (answer in the live row, answer in the newest version, whether readers see the story)."""
    story = StoryPage.objects.get(pk=story.pk)
    is_read = StoryPage.objects.published().filter(pk=story.pk).exists()
    return story.people, story.get_latest_revision_as_object().people, is_read


def test_stories_are_answered_and_only_what_is_live_already_is_public(moderator):
    live, draft = make_undecided("A lantern"), make_story("Draft", people="", live=False)
    by_editor = make_undecided("By an editor")  # who may not publish
    builders.client_of(make_user("Editors")).post(address(by_editor))
    assert answers(by_editor) == ("", "none", False)
    changed = make_undecided("Changed")
    changed.summary = "Nobody may read this yet."
    changed.save_revision(clean=False)
    assert live.title in moderator.get("/admin/stories/?consent=undecided").text
    moderator.get(address(live, draft, changed))  # the question changes nothing
    assert answers(live) == ("", "", False)

    text = moderator.post(address(live, draft, changed), follow=True).text
    assert "Changed: 3." in text and "Only in the draft, so not public yet: 2." in text
    assert answers(live) == ("none", "none", True)
    assert answers(draft) == ("none", "none", False)
    assert answers(changed) == ("", "none", False)
    assert "Nobody may read this" not in StoryPage.objects.get(pk=changed.pk).summary
    assert not StoryPage.objects.get(pk=draft.pk).live
    for page in (live, draft, changed):
        entry = PageLogEntry.objects.get(action=ANSWERED, page=page.pk)
        assert entry.user == entry.revision.user == moderator.user


def test_stories_with_people_and_what_the_user_may_not_edit_are_left_out(moderator):
    person = make_agreeing_person()
    pictured = make_image(shows="person")
    pictured.people.add(person)
    listed = make_story_about(person, title="Listed", live=False)
    on_picture = make_story("Pictured", people="", live=False, lead_image=pictured, lead_image_alt="Somebody")
    locked = make_story("Locked", people="", live=False)
    Page.objects.filter(pk=locked.pk).update(locked=True, locked_by=make_user("Moderators"))
    plain = builders.make_plain_page("Plain")
    held = make_story("Held", people="", live=False)
    # An unfinished withdrawal still has to delete earlier versions of this story.
    Withdrawal.objects.create(code="P-2222").tasks.create(step="purge", data={"page": held.pk})
    left_out = [listed, on_picture, locked, plain, held]
    good = make_story("Good", people="", live=False)
    page = moderator.get(address(good, *left_out))
    assert [each["item"].title for each in page.context["items"]] == ["Good"]
    moderator.post(address(good, *left_out))
    assert answers(good)[1] == "none"
    assert [answers(story)[1] for story in (listed, on_picture, locked, held)] == ["listed", "", "", ""]
    assert list(PageLogEntry.objects.filter(action=ANSWERED).values_list("page", flat=True)) == [good.pk]


@pytest.mark.sqlite_only
def test_the_answer_stays_in_the_draft_while_something_else_is_missing(moderator):
    image = make_image()
    swapped = make_undecided("Swapped", lead_image=image, lead_image_alt="A place")
    # The file of the picture was replaced since somebody said who is on it.
    CleanImage.objects.filter(pk=image.pk).update(asks_again=True)
    assert "Something is missing here: Swapped." in moderator.post(address(swapped), follow=True).text
    assert answers(swapped) == ("", "none", False)
