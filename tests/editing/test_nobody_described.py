"""The bulk action that answers "no person is described" for several stories.

A story has no answer ("") until an editor says who is in it: "none" is nobody, "listed" are people.
"""

import pytest
from wagtail.models import Page, PageLogEntry

from editing.nobody_described import ANSWERED
from media.models import CleanImage
from safeguarding.models import Release, Withdrawal
from stories.models import StoryPage
from tests.support.builders import make_image, make_plain_page, make_story, make_user
from tests.support.people import make_agreeing_person, make_story_about

pytestmark = pytest.mark.django_db


def make_undecided(title, **fields):
    """Return a live story without an answer who is in it, such as one that is older than the question."""
    story = make_story(title, **fields)
    StoryPage.objects.filter(pk=story.pk).update(people="")
    Release.objects.filter(page=story).delete()
    story = StoryPage.objects.get(pk=story.pk)
    story.save_revision(clean=False, changed=False)
    return story


def address(*pages):
    query = "&".join(f"id={page.pk}" for page in pages)
    return f"/admin/bulk/wagtailcore/page/nobody_described/?{query}&next=/admin/stories/"


def answers(story):
    """Return (answer in the live row, answer in the newest version, whether readers see the story)."""
    story = StoryPage.objects.get(pk=story.pk)
    is_read = StoryPage.objects.published().filter(pk=story.pk).exists()
    return story.people, story.get_latest_revision_as_object().people, is_read


def test_stories_are_answered_and_only_what_is_live_already_is_public(moderator):
    live, draft = make_undecided("A lantern"), make_story("Draft", people="", live=False)
    changed = make_undecided("Changed")
    changed.summary = "Nobody may read this yet."
    changed.save_revision(clean=False)
    assert live.title in moderator.get("/admin/stories/?consent=undecided").text
    asked = moderator.get(address(live, draft, changed)).text
    assert "Nobody: no person is described" in asked
    assert answers(live) == ("", "", False)

    text = moderator.post(address(live, draft, changed), follow=True).text
    assert "3 pages are answered: no person is described." in text
    assert "In 2 of them the answer is in the drafts" in text
    assert answers(live) == ("none", "none", True)
    assert answers(draft) == ("none", "none", False)
    assert answers(changed) == ("", "none", False)
    assert "Nobody may read this" not in StoryPage.objects.get(pk=changed.pk).summary
    assert not StoryPage.objects.get(pk=draft.pk).live
    entries = PageLogEntry.objects.filter(action=ANSWERED)
    assert {(entry.page_id, entry.user, entry.revision.user) for entry in entries} == {
        (page.pk, moderator.user, moderator.user) for page in (live, draft, changed)
    }
    assert "Answered: no person is described" in moderator.get(f"/admin/pages/{live.pk}/history/").text


@pytest.mark.sqlite_only
def test_an_editor_who_may_not_publish_answers_in_the_draft(client):
    client.force_login(make_user("Editors"))
    live = make_undecided("Live")
    client.post(address(live))
    assert answers(live) == ("", "none", False)


def test_stories_with_people_and_what_the_user_may_not_edit_are_left_out(moderator):
    person = make_agreeing_person()
    pictured = make_image(shows="person")
    pictured.people.add(person)
    listed = make_story_about(person, title="Listed", live=False)
    on_picture = make_story("Pictured", people="", live=False, lead_image=pictured, lead_image_alt="Somebody")
    locked = make_story("Locked", people="", live=False)
    Page.objects.filter(pk=locked.pk).update(locked=True, locked_by=make_user("Moderators"))
    plain = make_plain_page("Plain")
    held = make_story("Held", people="", live=False)
    # An unfinished withdrawal still has to delete earlier versions of this story.
    withdrawal = Withdrawal.objects.create(code="P-2222")
    withdrawal.tasks.create(step="purge", data={"page": held.pk})
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
    incomplete = make_undecided("Incomplete")
    # A picture without alternative text.
    StoryPage.objects.filter(pk=incomplete.pk).update(lead_image=make_image())
    StoryPage.objects.get(pk=incomplete.pk).save_revision(clean=False, changed=False)
    text = moderator.post(address(swapped, incomplete), follow=True).text
    assert "In 2 of them the answer is in the drafts" in text
    assert "Something is missing here: Swapped." in text
    assert "Something is missing here: Incomplete." in text
    assert [answers(story) for story in (swapped, incomplete)] == [("", "none", False)] * 2
