"""A lead who may not decide about a story names a second reader without an account, and everybody is told."""

import re
from datetime import timedelta

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from safeguarding.models import Reading, SecondReader
from safeguarding.policies import GROUP, NAMES_CLOSED
from safeguarding.withdrawal.forgetting import forget_labels
from tests.support.builders import make_user, parse
from tests.support.leads import errors_of
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.readings import press

READER = {"name": "Ruth Achieng", "function": "board member", "contact": "ruth@example.net"}


def make_draft(user):
    """Return a draft about a child that `user` wrote."""
    story = make_story_about(make_agreeing_person(kind="child"), live=False, title="A child")
    story.summary = "They lived in Kisumu."
    story.save_revision(user=user, log_action=True)
    return story


def address(story, name="reader"):
    return reverse(f"safeguarding_decisions:{name}", args=[story.pk])


def test_all_leads_and_administrators_are_told(lead, caplog):
    story, told = make_draft(lead.user), [lead.user, make_user(GROUP), make_user(is_superuser=True)]
    link = parse(lead.get(address(story, "page"))).find("a", string="Name a second reader")
    page = lead.post(link["href"], READER)
    assert "All members of the team and all administrators are told." in page.text
    reader = SecondReader.objects.get()
    assert {name: getattr(reader, name) for name in READER} == READER
    assert (reader.page_id, reader.user) == (story.pk, lead.user)
    entry = ModelLogEntry.objects.for_instance(reader).get(user=lead.user)
    *to_leads, to_reader = mail.outbox
    mails = [f"{each.subject} {each.body}" for each in to_leads]
    assert [each.to for each in to_leads] == [[each.email] for each in told]
    check_link(to_reader, page, story)
    assert all(f"{lead.user} named a second reader" in each for each in mails)
    for text in (entry.label, caplog.text, *mails):
        assert not any(each in text for each in (*READER.values(), story.title)), "no name leaves the admin"
    lead.force_login(told[1])
    desk = parse(lead.get("/admin/")).text
    assert (f"{story.draft_title}: Named by {told[0]}" in desk, "Achieng" in desk) == (True, False)
    SecondReader.objects.update(named_at=timezone.now() - timedelta(days=61))
    forget_labels()
    assert not SecondReader.objects.exists()


def check_link(sent, page, story):
    """Check that the mail `sent` to the reader has the link, and the `page` for the lead only the number."""
    assert (sent.to, sent.subject) == ([READER["contact"]], "Please read")
    path, code = re.search(r"/reading/\S+", sent.body)[0], parse(page).select_one("strong").text
    assert (path in page.text, code in sent.body, code.replace(" ", "") in sent.body) == (False, False, False)
    assert story.title not in sent.body
    reader = Client()
    text = press(reader, reader.get(path), "Go on", code=code)
    assert story.title in text.text
    press(reader, press(reader, press(reader, text, "Go on"), "Yes"), "Send my answers")
    reading = Reading.objects.get()
    assert (reading.agrees, reading.second_reader.contact) == (True, READER["contact"])


def test_a_lead_gets_the_link_where_no_mail_is_sent(lead, settings):
    settings.SENDS_MAIL = False
    where, reader = address(make_draft(lead.user)), Client()
    link, code = (each.text for each in parse(lead.post(where, READER)).select("strong"))
    path = link[link.index("/reading/") :]
    assert ("/reading/" in code, reader.get(path).status_code) == (False, 200)
    lead.post(where, READER | {"contact": "amos@example.net"})
    assert reader.get(path).status_code == 404, "it ends as soon as somebody else is named"
    assert not mail.outbox


def test_nobody_with_an_account_is_a_second_reader(lead):
    story = make_draft(lead.user)
    for account in (lead.user, make_user(is_active=False)):
        response = lead.post(address(story), READER | {"contact": account.email.upper()})
        assert "An account has this address." in errors_of(response)["contact"]
    for name in READER:
        assert name in errors_of(lead.post(address(story), READER | {name: ""}))
    assert not SecondReader.objects.exists()


def test_only_who_sees_names_names_one_where_somebody_else_has_to_decide(lead):
    story, by_another = make_draft(lead.user), make_draft(make_user("Editors"))
    for wrong in (address(by_another), f"{address(story)}?version=other"):
        assert [lead.get(wrong).status_code, lead.post(wrong, READER).status_code] == [404, 404]
    log(lead.user, NAMES_CLOSED)
    for user in (lead.user, make_user("Moderators"), make_user(is_superuser=True)):
        lead.force_login(user)
        assert [ask(address(story), READER).status_code for ask in (lead.get, lead.post)] == [302, 302]
    assert not SecondReader.objects.exists()
