"""Who may decide about a version: whoever changed only the form of it or a few words, and no name."""

import datetime

import pytest
from django.utils import timezone
from wagtail.models import PageLogEntry
from wagtail.rich_text import RichText

from safeguarding.models import Decision
from safeguarding.policies import GROUP
from safeguarding.scopes import Naming
from safeguarding.writers import has_written, read_saves
from stories.models import StoryCountry, StoryPage
from stories.terms import Author
from tests.support.builders import make_image, make_user
from tests.support.people import decide, make_agreeing_person, make_story_about, rows_of

SUMMARY = "She came home, and her sister was there."
LINKED = '<p><a href="https://example.org/Amina">Words</a> of the story.</p>'
NINE = "then they both sat down and talked for long"


# {what a lead changed since the last decision of somebody else: (fields of the versions that she saved, one
# after another, whether she may decide)}
CHANGES = {
    "a comma": ([{"summary": SUMMARY.replace(",", "")}], True),
    "bold": ([{"body": [("text", RichText("<p>Words of <b>the</b> story.</p>"))]}], True),
    "the layout": ([{"show_contents": True, "show_leave_quickly": True}], True),
    "a box that is ticked": ([{"lead_image_decorative": True}], True),
    "nine words": ([{"summary": f"{SUMMARY} {NINE}"}], True),
    "ten words": ([{"summary": f"{SUMMARY} {NINE} again"}], False),
    "ten words in two versions": ([{"summary": f"{SUMMARY} {NINE}"}, {"seo_title": "home"}], False),
    "a name": ([{"summary": f"{SUMMARY} Amina."}], False),
    "a number": ([{"summary": f"{SUMMARY} 1."}], False),
    "a link": ([{"body": [("text", RichText(LINKED))]}], False),
    "a name in wide letters": ([{"summary": f"{SUMMARY} ＡＭＩＮＡ"}], False),
    "a word without capitals": ([{"summary": f"{SUMMARY} أمينة"}], False),
    "the picture": ([{"lead_image": make_image}], False),
    "who is in it": ([{"story_people": lambda: rows_of(make_agreeing_person(), naming=Naming.NONE)}], True),
    "how it is filed": ([{"story_countries": lambda: [StoryCountry(country_id="KE", sort_order=0)]}], True),
    "the date": ([{"date": datetime.date(2026, 1, 2)}], True),
}


def save(story, user, **fields):
    for name, value in fields.items():
        setattr(story, name, value() if callable(value) else value)
    return story.save_revision(user=user, clean=False, log_action=True)


def may_decide(user, story):
    """Return whether `user` may decide about the latest version of `story`."""
    story = StoryPage.objects.get(pk=story.pk)
    saves, decisions = read_saves(story, story.latest_revision), Decision.objects.all()
    question = "".join(f"{each.contributor_id}:{each.ground}" for each in decisions)
    return not has_written(user, story, saves, decisions, question)


def make_decided(author, **fields):
    """Return a draft with `fields` that `author` wrote, about which somebody else decided."""
    child = make_agreeing_person(kind="child")
    story = StoryPage.objects.get(pk=make_story_about(child, live=False, **fields).pk)
    save(story, author, summary=SUMMARY)
    decide(story, child, "child")
    Decision.objects.update(revision=story.latest_revision, decided_by=make_user(GROUP))
    return story


def test_own_decision_of_a_lead_does_not_end_what_counts_as_written():
    lead = make_user(GROUP)
    story = make_decided(lead)
    for decided_by in (lead, None):  # None: a user who was deleted
        Decision.objects.update(decided_by=decided_by)
        assert may_decide(lead, story) == (decided_by is None)


def test_who_renamed_the_author_since_the_last_decision_may_not_decide(client):
    lead = make_user(GROUP, "Moderators")
    story = make_decided(make_user("Editors"), authors=["Staff"])
    assert may_decide(lead, story)
    client.force_login(lead)
    key = Author.objects.get().pk
    client.post(f"/admin/snippets/stories/author/edit/{key}/", {"name": "Amina", "role": ""})
    assert not may_decide(lead, story)
    Decision.objects.update(decided_at=timezone.now())
    assert may_decide(lead, story)


def forget(story, client):
    client.force_login(make_user("Moderators"))
    client.post(f"/admin/pages/{story.pk}/history/forget/")


def test_leads_who_changed_a_comma_may_decide_and_the_author_may_not(client):
    """Old versions that are forgotten change nothing about it."""
    author, *both = [make_user(GROUP) for _each in range(3)]
    story = make_decided(author)
    Decision.objects.all().delete()
    for lead in both:
        save(story, lead, summary=story.summary.replace("e", "e,", 1))
    assert [may_decide(user, story) for user in (author, *both)] == [False, True, True]
    for _twice in range(2):
        forget(story, client)
        assert story.revisions.count() == 1
        assert [may_decide(user, story) for user in (author, *both)] == [False, True, True]
    # The words of before and after count together.
    save(story, both[0], summary=f"{story.summary} {NINE}")
    save(story, author, summary=story.summary.replace("e", "e,", 1))
    assert [may_decide(user, story) for user in (author, *both)] == [False, True, True]
    forget(story, client)
    save(story, both[0], summary=f"{story.summary} again")
    assert [may_decide(user, story) for user in (author, *both)] == [False, False, True]
    PageLogEntry.objects.update(data={})  # as a withdrawal does
    assert [may_decide(user, story) for user in (author, *both)] == [False, False, False]


@pytest.mark.parametrize("change", CHANGES)
def test_who_changed_a_little_since_the_last_decision_may_decide(change, client):
    """Also after the old versions are forgotten."""
    versions, expected = CHANGES[change]
    lead = make_user(GROUP)
    story = make_decided(lead)
    for fields in versions:
        save(story, lead, **fields)
    assert may_decide(lead, story) == expected
    save(story, make_user("Editors"), seo_title="Lamps and more")
    forget(story, client)
    assert not Decision.objects.get().revision, "the version that was decided about is forgotten too"
    assert may_decide(lead, story) == expected
    # A later decision of somebody else settles what was before.
    decided = Decision.objects.get()
    Decision.objects.filter(pk=decided.pk).update(
        revision=StoryPage.objects.get(pk=story.pk).latest_revision, decided_at=timezone.now()
    )
    save(story, lead, summary=story.summary.replace(",", ""))
    assert may_decide(lead, story)
