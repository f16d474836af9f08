"""Decisions of the safeguarding team, and the stories that wait for one."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, Workflow

from editing.people import panels
from safeguarding import policies, reminders, scopes
from safeguarding.models import Decision, Notice
from stories.models import StoryPage
from tests.support.builders import client_of, make_story, make_user, parse
from tests.support.leads import decision_data, errors_of, make_live_story, send_decision
from tests.support.people import days_from_today, decide, make_agreeing_person, make_person, make_story_about
from tests.support.translations import make_index_in
from tests.support.undone import undone


def test_a_decision_lets_a_live_story_be_read(lead):
    story = make_live_story({"proceedings": True}, title="In court")
    assert Client().get(story.url).status_code == 404
    assert "In court" in lead.get("/admin/").text
    index = reverse("safeguarding_decisions:index")
    assert "may be in legal proceedings" in lead.get(f"{index}?q=court").text
    assert "In court" not in lead.get(f"{index}results/?q=other").text
    assert "In court" in lead.get(reverse("safeguarding_decisions:read", args=[story.pk])).text
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    form = parse(lead.get(page))
    assert form.select("input[name=question][checked]"), "there is only one"
    data = decision_data(form)
    for wrong in (
        {"reason": ""},
        {"ends_on": str(days_from_today(-1))},
        {"ends_on": str(scopes.NO_END)},
        {"has_read": ""},
        {"question": [data["question"], "1:child"]},  # which is not asked about this story
    ):
        response = lead.post(page, data | wrong)
        assert errors_of(response) and parse(response).select_one("[role=alert]"), wrong
    group = parse(response).select_one("fieldset:has([name=question])")
    assert group.select_one(f"#{group['aria-describedby']}").get_text(strip=True)
    assert "Please read it again" in lead.post(page, data | {"digest": "other"}, follow=True).text
    assert not Decision.objects.exists()
    send_decision(lead, story)
    assert Client().get(story.url).status_code == 200
    decision = Decision.objects.get()
    assert (decision.ground, decision.decided_by, decision.revision) == ("proceedings", lead.user, None)
    assert ModelLogEntry.objects.for_instance(decision.contributor).get(action="safeguarding.decide")
    assert "may be in legal proceedings" not in lead.get("/admin/").text
    assert "There are no pages to display." in lead.get(index).text


@pytest.mark.sqlite_only
def test_about_a_child_a_second_person_decides(lead):
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    story = make_story_about(child, live=False, title="A child")
    save(story, lead.user, "By the Lead.")
    # The page says so before the lead fills in the form.
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    response = lead.get(page)
    assert "You wrote this version: somebody else has to decide." in response.text
    assert not parse(response).select("main form")
    data = {"question": f"{child.pk}:child", "reason": "Weighed", "has_read": "on"}
    assert lead.post(page, data | {"ends_on": str(days_from_today(9))}).status_code == 200
    assert not Decision.objects.exists()
    send_decision(client_of(make_user(policies.GROUP)), story)
    decision = Decision.objects.get()
    assert (decision.ground, decision.revision) == ("child", story.latest_revision)
    story.refresh_from_db()
    story.latest_revision.publish()
    assert Client().get(story.url).status_code == 200


@pytest.mark.sqlite_only
def test_a_lead_who_may_publish_decides_all_at_once_and_publishes(lead):
    event = {"given_by": "guardian", "proceedings": True, "ends_on": days_from_today(40)}
    child = make_agreeing_person(event, kind="child")
    story = make_story_about(child, live=False, title="A child")
    Workflow.objects.get().start(story, make_user("Editors"))
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    form = parse(lead.get(page))
    assert (len(form.select("[name=question]")), form.select("[name=question][checked]")) == (2, [])
    assert form.select_one("[name=ends_on]")["value"] == str(days_from_today(40))
    assert not form.select("[name=publish]"), "others publish"
    both = [f"{child.pk}:child", f"{child.pk}:proceedings"]

    def publish(questions):
        """Return how many decisions are recorded, whether the story is live, and what is said."""
        data = decision_data(form) | {"question": questions, "publish": "1"}
        said = lead.post(page, data, follow=True).text
        return Decision.objects.count(), StoryPage.objects.get(pk=story.pk).live, said

    with undone():
        assert publish(both)[:2] == (2, False)
    lead.user.groups.add(Group.objects.get(name="Moderators"))
    assert parse(lead.get(page)).select("[name=publish]")
    with undone():
        StoryPage.objects.filter(pk=story.pk).update(locked=True)
        assert publish(both)[:2] == (2, False)
    number, is_live, said = publish(both[:1])
    assert (number, is_live) == (1, False)
    assert "may be in legal proceedings" in said and "is recorded" in said
    assert publish(both[1:])[:2] == (2, True)


# --- Who wrote it ---------------------------------------------------------------------------------


def save(story, user, summary, **options):
    story.summary = summary
    return story.save_revision(user=user, log_action=True, **options)


def translate(story):
    return story.copy_for_translation(make_index_in("fr", slug="liste").locale)


def forget_first_versions(story):
    for revision in story.revisions.exclude(pk=story.latest_revision_id):
        revision.delete()
    return story


def decided(ground="child", summary="Other words.", overwrites=False, returns=False):
    """Return a function that records a decision about a draft, and then saves another version of it.

    `overwrites`: whether the version that was decided about is overwritten before. `returns`: whether the
    editor goes back to the first version, that of the lead.
    """

    def change(story):
        version, decision = story.latest_revision, decide(story, story.story_people.get().contributor, ground)
        Decision.objects.filter(pk=decision.pk).update(revision=version)
        if overwrites:
            save(story, version.user, "More words.", overwrite_revision=version)
        first = story.revisions.earliest("pk") if returns else None
        save(story, version.user, summary, previous_revision=first)
        return story

    return change


back_to_own = decided(summary="By the Lead, with more words.", returns=True)
# {what was done with a draft that the lead wrote and an editor saved once more: (function that does it and
# returns the page to decide about, whether the lead may decide)}
DONE = {
    "nothing": (lambda story: story, False),
    "translated": (translate, False),
    "copied": (lambda story: story.copy(update_attrs={"slug": "copy"}), False),
    "first versions forgotten": (forget_first_versions, False),
    "decided about by somebody else": (decided(), True),
    "decided about something else": (decided("proceedings"), False),
    "overwritten after the decision": (decided(overwrites=True), False),
    "own words written again": (decided(summary="By the Lead."), False),
    "gone back to own words": (back_to_own, False),
    "gone back, and forgotten": (lambda story: forget_first_versions(back_to_own(story)), False),
}


@pytest.mark.parametrize("done", DONE)
def test_who_wrote_an_earlier_version_decides_only_after_somebody_else_did(lead, done):
    change, may_decide = DONE[done]
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    story = StoryPage.objects.get(pk=make_story_about(child, live=False).pk)
    save(story, lead.user, "By the Lead.")
    save(story, make_user("Editors"), "Told anew by an Editor.")
    assert ("You wrote this version" not in send_decision(lead, change(story)).text) == may_decide
    assert Decision.objects.filter(decided_by=lead.user).exists() == may_decide


# --- The desk -------------------------------------------------------------------------------------


def test_desk_lists_what_waits_after_many_stories_that_need_nobody_today(lead, monkeypatch):
    monkeypatch.setattr("safeguarding.decisions.MAX_LISTED", 1)
    make_live_story({"ends_on": days_from_today(-1)}, title="Ended")
    undecided = make_story("Whose is it", live=False, people="")
    assert "Whose is it" not in lead.get("/admin/").text, "it is still being written"
    Workflow.objects.get().start(undecided, lead.user)
    make_live_story({"proceedings": True}, title="In court")
    desk = lead.get("/admin/").text
    assert "In court" in desk and "Whose is it" in desk
    page = lead.get(reverse("safeguarding_decisions:page", args=[undecided.pk])).text
    assert "Nobody has said yet who is in this page." in page and 'name="question"' not in page


@pytest.mark.parametrize("days", [(1, 9), (9, 1)])
def test_what_waits_longest_stands_first_with_its_days(lead, time_machine, days):
    for number in days:
        time_machine.move_to(f"2026-05-{20 - number} 12:00", tick=False)
        story = make_story_about(make_agreeing_person({"proceedings": True}), live=False, title=str(number))
        Workflow.objects.get().start(story, lead.user)
    time_machine.move_to("2026-05-20 13:00", tick=False)
    save(story, lead.user, "Saved again since.")
    lead.force_login(lead.user)
    items = parse(lead.get("/admin/")).select("li")
    lines = [" ".join(each.text.split()).split(" P-")[0] for each in items if "Waits for" in each.text]
    assert lines == ["9: Waits for 9 days.", "1: Waits for 1 day."]
    lead.force_login(make_user(policies.GROUP))  # who wrote nothing
    for expected in (["9", "1"], ["1"]):
        rows = parse(lead.get(reverse("safeguarding_decisions:index"))).select("tbody tr td.title")
        assert [row.get_text(strip=True) for row in rows] == expected
        send_decision(lead, StoryPage.objects.get(title=expected[0]))


def test_somebody_whom_nobody_asked_is_asked_or_taken_out_and_is_no_consent_that_ends(lead):
    unasked = make_person()
    Workflow.objects.get().start(make_story_about(unasked, title="Nets", live=False), lead.user)
    reminders.send_reminders()
    lines = panels.find_work(lead.user)["What waits for you"]
    said = f"{unasked.code}: Nobody has asked this person yet. Ask the person, or have the person taken out."
    assert [(title, text) for title, _address, text in lines] == [("Nets", f"Waits since today. {said}")]
    assert not Notice.objects.exists()
    unasked.proposed_at = timezone.now()
    unasked.save()
    told = [heading for heading, lines in panels.find_work(lead.user).items() if unasked.code in str(lines)]
    assert told == ["Consents to confirm"]
