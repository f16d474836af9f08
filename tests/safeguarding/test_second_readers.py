"""A lead who may not decide about a story names a second reader without an account, and everybody is told."""

import pytest
from django.core import mail
from django.urls import reverse
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from safeguarding.models import SecondReader
from safeguarding.policies import GROUP, NAMES_CLOSED
from tests.support.builders import make_user, parse
from tests.support.leads import errors_of
from tests.support.people import days_from_today, make_agreeing_person, make_story_about

pytestmark = pytest.mark.django_db

READER = {"name": "Ruth Achieng", "function": "board member", "contact": "ruth@example.net"}


@pytest.fixture
def story(lead):
    """A draft about a child, which `lead` wrote."""
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    story = make_story_about(child, live=False, title="A child of ours")
    story.summary = "By the Lead, in Kisumu."
    story.save_revision(user=lead.user, log_action=True)
    return story


def address(story, name="reader"):
    return reverse(f"safeguarding_decisions:{name}", args=[story.pk])


def test_all_leads_and_administrators_are_told(story, lead, caplog):
    other, administrator = make_user(GROUP), make_user(is_superuser=True)
    link = parse(lead.get(address(story, "page"))).find("a", string="Name a second reader")
    page = lead.post(link["href"], READER, follow=True)
    assert "The second reader is recorded. All leads are told." in page.text
    reader = SecondReader.objects.get()
    assert {name: getattr(reader, name) for name in READER} == READER
    assert (reader.page_id, reader.user) == (story.pk, lead.user)
    assert {to for each in mail.outbox for to in each.to} == {
        each.email for each in (lead.user, other, administrator)
    }
    entry = ModelLogEntry.objects.for_instance(reader).get()
    assert entry.user == lead.user
    said = [entry.label, caplog.text, *(f"{each.subject} {each.body}" for each in mail.outbox)]
    for text in said:
        assert not any(each in text for each in (*READER.values(), story.title)), "no name leaves the admin"
    assert all(f"{lead.user} named a second reader" in each for each in said[2:])
    lead.force_login(other)
    desk = lead.get("/admin/").text
    assert f"Named by {lead.user} as a second reader." in desk
    assert "Ruth Achieng, board member" in desk


def test_nobody_with_an_account_is_a_second_reader(story, lead):
    for account in (lead.user, make_user(is_active=False, email="Former@example.net")):
        response = lead.post(address(story), READER | {"contact": account.email.upper()})
        assert errors_of(response)["contact"] == (
            "An account has this address. Name somebody without an account."
        )
    for wrong in ({"contact": "+254 700"}, {"name": ""}, {"function": ""}):
        assert errors_of(lead.post(address(story), READER | wrong)), wrong
    assert not SecondReader.objects.exists()
    assert not mail.outbox


def test_only_who_sees_names_names_one_where_somebody_else_has_to_decide(story, lead):
    by_another = make_story_about(story.story_people.get().contributor, live=False)
    by_another.save_revision(user=make_user("Editors"), log_action=True)
    for asked in (lead.get, lambda page: lead.post(page, READER)):
        assert asked(address(by_another)).status_code == 404, "the lead decides herself"
        assert asked(f"{address(story)}?version=other").status_code == 404
    assert "Name a second reader" not in lead.get(address(by_another, "page")).text
    log(lead.user, NAMES_CLOSED)
    for user in (lead.user, make_user("Moderators"), make_user(is_superuser=True)):
        lead.force_login(user)
        assert lead.get(address(story)).status_code == 302
        assert lead.post(address(story), READER).status_code == 302
    assert not SecondReader.objects.exists()
