"""Decisions of the safeguarding team, and the stories that wait for one."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, Workflow

from caching.local_date import today
from safeguarding.gate import PersonUse, Unmet, judge
from safeguarding.models import Decision, Notice
from safeguarding.panels import find_work
from safeguarding.policies import GROUP
from safeguarding.reminders import send_reminders
from safeguarding.scopes import NO_END, Naming, Picture
from safeguarding.wording import describe_status
from stories.models import StoryPage
from tests.support.builders import make_plain_page, make_story, make_user, parse
from tests.support.leads import decision_data, errors_of, make_live_story, send_decision
from tests.support.people import (
    days_from_today,
    decide,
    make_agreeing_person,
    make_person,
    make_story_about,
    rows_of,
)
from tests.support.translations import make_index_in
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


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
        {"ends_on": str(NO_END)},
        {"has_read": ""},
        {"question": "1:child"},  # which is not asked about this story
    ):
        assert errors_of(lead.post(page, data | wrong)), wrong
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
    assert "A child" not in lead.get("/admin/").text, "it is still being written"
    save(story, lead.user, "By the Lead.")
    Workflow.objects.get().start(story, lead.user)
    assert "A child" in lead.get("/admin/").text
    # The page says so before the lead fills in the form.
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    response = lead.get(page)
    assert "You wrote this version: somebody else has to decide." in response.text
    assert not parse(response).select("main form")
    data = {"question": f"{child.pk}:child", "reason": "Weighed", "has_read": "on"}
    assert lead.post(page, data | {"ends_on": str(days_from_today(9))}).status_code == 200
    assert not Decision.objects.exists()
    second = Client()
    second.force_login(make_user(GROUP))
    send_decision(second, story)
    decision = Decision.objects.get()
    assert (decision.ground, decision.revision) == ("child", story.latest_revision)
    story.refresh_from_db()
    story.latest_revision.publish()
    assert Client().get(story.url).status_code == 200


@pytest.mark.sqlite_only
def test_author_does_not_decide_about_a_translation_either(lead):
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    story = StoryPage.objects.get(pk=make_story_about(child, live=False).pk)
    save(story, lead.user, "By the Lead.")
    story.save(clean=False)
    decide(story, child, "child")
    story.save_revision(user=make_user("Editors")).publish()
    story.save_revision(user=lead.user).publish()
    Decision.objects.all().delete()
    story.refresh_from_db()
    index = make_index_in("fr", slug="liste")
    translation = story.copy_for_translation(index.locale)
    Workflow.objects.get().start(translation, lead.user)
    plain = make_plain_page("About", people="listed", story_people=rows_of(child), live=False)
    plain.save_revision(user=lead.user)
    plain_translation = plain.copy_for_translation(index.locale)
    Workflow.objects.get().start(plain_translation, lead.user)
    for page in (story, translation, plain_translation):
        assert "You wrote this version" in send_decision(lead, page).text, page.slug
    assert not Decision.objects.exists()


def draft_of_both(lead, child):
    """Return a draft in moderation that `lead` wrote and an editor saved once more."""
    story = StoryPage.objects.get(pk=make_story_about(child, live=False).pk)
    save(story, lead.user, "By the Lead.")
    save(story, make_user("Editors"), "Told anew by an Editor.")
    Workflow.objects.get().start(story, lead.user)
    return story


def save(story, user, summary):
    story.summary = summary
    return story.save_revision(user=user, log_action=True)


def leave(story):
    return story


def translate(story):
    return story.copy_for_translation(make_index_in("fr", slug="liste").locale)


def copy(story):
    return story.copy(update_attrs={"slug": "copy"})


def forget_first_versions(story):
    for revision in story.revisions.exclude(pk=story.latest_revision_id):
        revision.delete()
    return story


@pytest.mark.sqlite_only
def test_nobody_decides_who_wrote_an_earlier_version(lead):
    """The lead wrote it, and a colleague saved it once more."""
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    key = draft_of_both(lead, child).pk
    for change in (leave, translate, copy, forget_first_versions):
        with undone():
            story = change(StoryPage.objects.get(pk=key))
            if not story.current_workflow_state:
                Workflow.objects.get().start(story, lead.user)
            assert "You wrote this version" in send_decision(lead, story).text, change
            assert not Decision.objects.exists()


def test_writers_of_a_version_that_was_decided_about_may_decide_about_a_later_one(lead):
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    key = draft_of_both(lead, child).pk
    for ground, is_overwritten, summary, may_decide in (
        ("child", False, "Other words.", True),
        ("proceedings", False, "Other words.", False),  # a decision about something else
        ("child", True, "Other words.", False),  # The version was overwritten after the decision.
        ("child", False, "By the Lead.", False),  # Somebody goes back to the lead's own text.
    ):
        with undone():
            story = StoryPage.objects.get(pk=key).get_latest_revision_as_object()
            author = story.latest_revision.user
            decision = decide(story, child, ground)
            Decision.objects.filter(pk=decision.pk).update(revision=story.latest_revision)
            if is_overwritten:
                story.summary = "More words."
                story.save_revision(user=author, overwrite_revision=story.latest_revision)
            save(story, author, summary)
            text = send_decision(lead, story).text
            assert ("You wrote this version" not in text) == may_decide, (ground, summary)


def test_nobody_decides_about_their_own_text_when_somebody_goes_back_to_it(lead):
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    key = draft_of_both(lead, child).pk
    for change in (leave, forget_first_versions):
        with undone():
            story = StoryPage.objects.get(pk=key).get_latest_revision_as_object()
            decision = decide(story, child, "child")
            Decision.objects.filter(pk=decision.pk).update(revision=story.latest_revision)
            own = story.revisions.get(user=lead.user)
            story.summary = "By the Lead, with more words."
            story.save_revision(user=story.latest_revision.user, log_action=True, previous_revision=own)
            assert "You wrote this version" in send_decision(lead, change(story)).text, change


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("given_by", "use", "unmet"),
    [
        ("guardian", {}, []),
        ("self", {}, [Unmet.GUARDIAN]),
        ("guardian", {"naming": Naming.REAL}, [Unmet.CHILD_NAME]),
        ("guardian", {"picture": Picture.RECOGNISABLE}, [Unmet.CHILD_PICTURE]),
    ],
)
def test_a_decision_about_a_child_replaces_no_other_condition(given_by, use, unmet):
    child = make_agreeing_person({"given_by": given_by}, kind="child")
    use = PersonUse(child.pk, **{"naming": Naming.CHANGED} | use)
    assert judge(child, use, {Decision.Ground.CHILD: NO_END}, [], today()).unmet == unmet


def test_desk_lists_what_waits_after_many_stories_that_need_nobody_today(lead, monkeypatch):
    monkeypatch.setattr("safeguarding.decisions.MAX_LISTED", 1)
    make_live_story({"ends_on": days_from_today(-1)}, title="Ended")
    undecided = make_story("Whose is it", live=False, people="")
    assert "Whose is it" not in lead.get("/admin/").text, "it is still being written"
    Workflow.objects.get().start(undecided, lead.user)
    make_live_story({"proceedings": True}, title="In court")
    desk = lead.get("/admin/").text
    assert "In court" in desk
    assert "Whose is it" in desk
    page = lead.get(reverse("safeguarding_decisions:page", args=[undecided.pk])).text
    assert "Nobody has said yet who is in this page." in page
    assert 'name="question"' not in page
    monkeypatch.setattr("safeguarding.decisions.MAX_READ", 1)
    assert "In court" not in lead.get("/admin/").text, "no more stories are read"


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
    lines = [each.text.split(" P-")[0] for each in items if "Waits for" in each.text]
    assert lines == ["9: Waits for 9 days.", "1: Waits for 1 day."]
    rows = parse(lead.get(reverse("safeguarding_decisions:index"))).select("tbody tr td.title")
    assert [row.get_text(strip=True) for row in rows] == ["9", "1"]


def test_somebody_whom_nobody_asked_is_asked_or_taken_out_and_is_no_consent_that_ends(lead):
    unasked = make_person(names="Somebody Else")
    Workflow.objects.get().start(make_story_about(unasked, title="Nets", live=False), lead.user)
    send_reminders()
    work = {heading: lines for heading, lines in find_work(lead.user).items() if lines}
    del work["Look at these answers"]  # of the pages around it
    said = f"{unasked.code}: Nobody has asked this person yet. Ask the person, or have the person taken out."
    [(heading, [(title, _address, sentence)])] = work.items()
    assert (heading, title, sentence) == ("What waits for you", "Nets", f"Waits for 0 days. {said}")
    unasked.proposed_at = timezone.now()
    assert describe_status(unasked) == "Somebody wrote down the consent. Confirm it, or change it before."
    assert not Notice.objects.exists()
