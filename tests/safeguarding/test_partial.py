"""Somebody takes back the pictures or the name, or a name was wrong: stories are held, and a lead clears.

A lead is a member of the safeguarding team.
"""

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageLogEntry

from media.models import CleanImage
from safeguarding import holds, withdrawal
from safeguarding.models import Contributor, PageHold, WithdrawalTask
from safeguarding.scopes import Naming
from stories.models import StoryPage
from tests.support import builders, stored_text
from tests.support.leads import ANSWERS, address
from tests.support.people import ALL_AGREED, days_from_today, make_agreeing_person, make_story_about, record
from tests.support.undone import undone
from tests.support.withdrawal_world import NAME, finish, named_image, schedule, submit

HELD = "/admin/safeguarding/withdrawals/after-restore/"


def make_stories():
    """Return (person, a story that says the name, a story of the same person that doesn't)."""
    person = make_agreeing_person(names="Amina Otieno")
    story = make_story_about(person, naming=Naming.REAL, title=f"{NAME} walks", slug="zahrawi-walks")
    StoryPage.objects.get(pk=story.pk).save_revision(log_action=True).publish()
    Redirect.objects.create(old_path="/stories/zahrawi-former", redirect_page=story)
    return person, story, make_story_about(person, title="Lamps")


def publish(story, **fields):
    builders.save_draft(story, **fields).publish(skip_permission_checks=True)


def statuses(client, *pages):
    return [client.get(page.url).status_code for page in pages]


def add_word(lead, person, **fields):
    """Add NAME to the protected words, as the form does when it is opened. Return the response."""
    page = address(person, "restricted")
    form = builders.parse(lead.post(page, {"reason": "contact"})).select_one("main form[method=post]")
    assert form.select_one("input[name=hold_stories]").has_attr("checked")
    data = {"reason": "contact", "seen": form.select_one("[name=seen]")["value"], "save": "1"}
    data |= {"names": person.names, "hold_stories": "on"} | fields
    return lead.post(page, {name: value for name, value in data.items() if value is not None})


def test_stories_that_say_a_new_word_are_held_until_they_are_published_without_it(lead, client):
    person, story, other = make_stories()
    for fields in ({"protected_words": NAME, "hold_stories": None}, {"ordinary_words": NAME}):
        with undone():
            add_word(lead, person, **fields)
            assert statuses(client, story, other) == [200, 200]
    assert address(person, "past") in add_word(lead, person, protected_words=NAME).text
    assert statuses(client, story, other) == [404, 200]
    assert "Says a protected word, or" in lead.get("/admin/").text
    # What computes the Release again does not end the hold.
    Contributor.objects.get(pk=person.pk).save()
    StoryPage.objects.get(pk=story.pk).save(clean=False)
    assert statuses(client, story) == [404]
    with undone():
        Contributor.objects.filter(pk=person.pk).update(names="", protected_words="")
        publish(story, summary="Words.")
        assert statuses(client, story) == [404], "nobody knows the word any more"
        lead.post(HELD, {"other": PageHold.objects.get().pk})
        assert statuses(client, story) == [200]
    with undone():
        publish(story, people="none", story_people=[])
        assert statuses(client, story) == [404], "it still says the word, which is only a hint now"
    publish(story, title="Amina walks", slug="amina-walks")
    assert not PageHold.objects.exists()
    assert client.get("/stories/amina-walks/").status_code == 200


def test_hold_for_a_word_and_one_after_a_restore_end_separately(lead, client):
    person, story, _other = make_stories()
    withdrawal.page_holds.hold_pages([story], person.code)
    add_word(lead, person, protected_words=NAME)
    assert PageHold.objects.count() == 2
    publish(story, title="Amina walks", slug="amina-walks")
    assert client.get("/stories/amina-walks/").status_code == 404
    assert not PageHold.objects.get().says_word


# {what happens: (function of the person, the status of a story that only lists the person no more, and the
# status of one that does not say the name either)}
HAPPENS = {
    "nothing": (lambda person: person, 200, 200),
    "taken down": (lambda person: holds.take_down(person, None), 404, 404),
    "withdrawn": (lambda person: record(person, event="withdrawn"), 404, 200),
    "ended": (lambda person: record(person, **ALL_AGREED | {"ends_on": days_from_today(-1)}), 404, 200),
    "name taken back": (lambda person: record(person, **ALL_AGREED | {"naming": Naming.CHANGED}), 404, 200),
    "child without a decision": (lambda person: Contributor.objects.get().save(), 404, 200),
}


@pytest.mark.parametrize("what", HAPPENS)
def test_story_that_only_lists_somebody_no_more_is_hidden_until_it_is_without_the_words(lead, client, what):
    act, while_named, without = HAPPENS[what]
    person, story, _other = make_stories()
    publish(story, title="Amina walks")
    if "child" in what:
        Contributor.objects.update(kind="child")
    act(person)
    with undone():  # by way of a draft
        StoryPage.objects.get(pk=story.pk).unpublish()
        builders.save_with(StoryPage.objects.get(pk=story.pk), check=False, people="none", story_people=[])
        publish(story, people="none", story_people=[])
        assert statuses(client, story) == [while_named]
    publish(story, people="none", story_people=[])
    assert statuses(client, story) == [while_named]
    assert ("or no longer lists somebody" in lead.get("/admin/").text) == (while_named == 404)
    publish(story, title="She walks")
    assert statuses(client, story) == [without]
    if without == 404:
        lead.post(HELD, {"other": PageHold.objects.get().pk})
        assert statuses(client, story) == [200]


CHANGED = {"naming": {"naming": Naming.CHANGED}, "picture": {"picture": 0}}


@pytest.mark.parametrize("what", CHANGED)
def test_changed_consent_holds_at_once_and_a_lead_clears_what_was_there_before(lead, client, what):
    person, story, other = make_stories()
    image = named_image(person)
    page = make_story_about(person, lead_image=image, lead_image_alt="Somebody", title="With a picture")
    assert statuses(client, story, other, page) == [200, 200, 200]
    answers = {"picture": 2, "naming": Naming.REAL, "ends_on": ""} | CHANGED[what]
    response = lead.post(address(person, "consent"), ANSWERS | answers, follow=True)
    expected = {"naming": [404, 200, 200], "picture": [200, 200, 404]}[what]
    assert statuses(client, story, other, page) == expected
    assert response.redirect_chain == [(address(person, "past"), 302)]
    shown = builders.parse(response).select_one("main")
    buttons = {int(button["value"]) for button in shown.select("button[name=page]")}
    assert buttons == {each.pk for each in (story, other, page)}
    links = [each["href"] for each in shown.select("a")]
    assert f"/admin/images/{image.pk}/" in links
    assert f"/admin/pages/{story.pk}/history/" in links


def test_forgotten_versions_are_gone_from_everywhere(lead, client):
    person, story, other = make_stories()
    publish(story, title="She walks", slug="she-walks")
    CleanImage.objects.all().delete()
    for act in (schedule, submit):
        with undone():
            act(story)
            told = lead.post(address(person, "past"), {"page": story.pk}, follow=True).text
            assert "a version is scheduled or in moderation" in told
            assert stored_text.tables_with(NAME)
    for key in ("x", "", builders.make_story("Of others").pk):
        assert lead.post(address(person, "past"), {"page": key}).status_code == 404, key
    told = lead.post(address(person, "past"), {"page": story.pk}, follow=True).text
    assert "The earlier versions are deleted." in told
    finish()
    assert stored_text.tables_with(NAME) == {}
    assert statuses(client, story, other) == [404, 200]
    assert client.get("/stories/zahrawi-former/").status_code == 404
    assert client.get("/stories/she-walks/").status_code == 200
    labels = PageLogEntry.objects.filter(page=story.pk).exclude(action="safeguarding.wrote_before")
    assert set(labels.values_list("label", flat=True)) == {person.code}
    assert set(WithdrawalTask.objects.filter(done_at=None).values_list("step", flat=True)) == {"vacuum"}


# --- After a restore ------------------------------------------------------------------------------


def test_what_was_taken_back_is_restricted_again_after_a_restore(lead, client):
    person, story, other = make_stories()
    withdrawal.ledger.write()
    with undone():
        for naming in (Naming.CHANGED, Naming.REAL):  # The person changes it, and agrees again.
            lead.post(address(person, "consent"), ANSWERS | {"picture": 2, "naming": naming, "ends_on": ""})
        withdrawal.tasks.run_quick_tasks()
    assert statuses(client, story, other) == [200, 200]
    with undone():  # The backup has a consent to less.
        record(person, **ALL_AGREED | {"picture": 0})
        withdrawal.ledger.catch_up()
        assert Contributor.objects.get(pk=person.pk).latest_consent.picture == 0
    for _twice in range(2):
        withdrawal.ledger.catch_up()
        assert statuses(client, story, other) == [404, 200]
        assert person.consents.count() == 2
    record(person, **ALL_AGREED)
    withdrawal.ledger.catch_up()
    assert statuses(client, story, other) == [200, 200], "it is done once"


@pytest.mark.parametrize(("where", "expected"), [("languages", 404), ("website", 200)])
def test_channel_that_was_taken_back_is_not_agreed_to_after_a_restore(lead, client, where, expected):
    person, story, _other = make_stories()
    withdrawal.ledger.write()
    with undone():
        answers = ANSWERS | {"picture": 2, "naming": Naming.REAL, "ends_on": "", "where": [where]}
        lead.post(address(person, "consent"), answers)
        withdrawal.tasks.run_quick_tasks()
    assert statuses(client, story) == [200]
    withdrawal.ledger.catch_up()
    assert statuses(client, story) == [expected]
    assert Contributor.objects.get(pk=person.pk).latest_consent.where == [where]


def test_stories_that_said_a_word_are_held_after_a_restore_until_a_lead_decides(lead, client):
    person, story, other = make_stories()
    withdrawal.ledger.write()
    with undone():
        add_word(lead, person, protected_words=NAME)
        withdrawal.tasks.run_quick_tasks()
    assert NAME.lower() not in withdrawal.ledger.file_path().read_text().lower()
    withdrawal.ledger.catch_up()
    assert statuses(client, story, other) == [404, 404], "nobody knows the word"
    publish(other, summary="Words.")
    assert statuses(client, story, other) == [404, 404]
    assert not builders.parse(lead.get(HELD)).select("button[name=same]"), "the stories must not be erased"
    lead.post(HELD, {"other": PageHold.objects.get(page=other).pk})
    assert statuses(client, story, other) == [404, 200]
