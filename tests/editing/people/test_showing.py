"""Showing a text to somebody who is in it, or to a second reader: who may, in which way, and who is told."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from safeguarding import policies, releases
from safeguarding.models import Reading, SecondReader
from safeguarding.withdrawal.forgetting import forget_labels
from tests.support import admin_world, leads, people
from tests.support.builders import make_image, make_user, parse
from tests.support.readings import LINK_IS_SAFE, make_reading, press

HERE, NOTHING = {"way": "here", "language": "en"}, {"everything": "on"}


@pytest.fixture
def story():
    return people.make_story_about(people.make_agreeing_person(LINK_IS_SAFE), title="A long road")


def person_of(story):
    return story.story_people.get().contributor


def start_of(story, page=None):
    address = reverse("safeguarding_readings:start", args=[person_of(story).pk])
    return f"{address}?page={(page or story).pk}"


def make_reader(role, story):
    """Return a client of a user with this `role`."""
    client, groups = Client(), {"lead": [policies.GROUP], "moderator": ["Moderators"]}
    if role == "editor elsewhere":
        groups[role] = [admin_world.make_section_editors(admin_world.Section("There", "Plain"))]
    if role != "visitor":
        client.force_login(make_user(*groups[role]))
    return client


@pytest.mark.parametrize("role", ["visitor", "editor elsewhere", "moderator", "lead"])
def test_who_may_show_a_text(role, story):
    client, may = make_reader(role, story), role in {"moderator", "lead"}
    on_paper = make_reading("paper", story=story)
    addresses = [start_of(story)]
    addresses += [reverse(f"safeguarding_readings:{name}", args=[on_paper.pk]) for name in ("sheet", "enter")]
    assert [client.get(each).status_code for each in addresses] == [200 if may else 302] * 3
    client.post(addresses[2], NOTHING)
    assert Reading.objects.filter(agrees=False).exists() == may
    client.post(addresses[0], HERE)
    assert Reading.objects.filter(way="here").exists() == may
    assert (Reading.objects.last().user is not None) == may


def test_a_text_is_shown_only_to_somebody_who_is_in_it(moderator, story):
    other = people.make_story_about(people.make_agreeing_person())
    lead = make_reader("lead", story)
    for address in (start_of(story, other), start_of(story).partition("?")[0]):
        assert moderator.post(address, HERE).status_code == 302
        assert lead.post(address, HERE).status_code == 404
    assert not Reading.objects.exists()


def test_after_a_withdrawal_nothing_is_shown_or_entered(lead, story):
    sheet = reverse("safeguarding_readings:sheet", args=[make_reading("paper", story=story).pk])
    assert lead.get(sheet).status_code == 200
    people.withdraw(person_of(story))
    assert [lead.get(sheet).status_code, lead.post(start_of(story), HERE).status_code] == [404, 404]


def test_here_the_session_of_the_worker_ends_first(lead, story):
    stolen = Client()
    stolen.cookies = lead.cookies.copy()
    assert stolen.get("/admin/").status_code == 200
    assert "no-store" in lead.get(start_of(story))["Cache-Control"], "the browser can't show it again"
    image = story.lead_image = make_image()
    story.save_revision(clean=False)
    shown = lead.post(start_of(story), HERE)
    assert image.renditions.exists(), "nobody waits for them on the device"
    assert shown["Location"].startswith("/reading/")
    for client in (lead, stolen):
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
    page = lead.get(shown["Location"])
    assert page.context["user"].is_anonymous
    assert "A long road" in page.text
    page = press(lead, press(lead, page, "I don’t want any of this"), "Yes, I want none of this")
    assert "Please give the device back." in page.text
    assert parse(page).select_one(".reading a")["href"] == "/admin/login/"
    reading = Reading.objects.get()
    assert (reading.user, reading.way, reading.agrees) == (lead.user, "here", False)


def test_a_link_is_a_choice_only_if_it_is_safe(lead, story):
    response = lead.post(start_of(story), HERE | {"way": "link", "language": "fr", "interpreter": "on"})
    reading = Reading.objects.get()
    page = parse(response)
    address, code = (each.text for each in page.select(".safeguarding__code strong"))
    assert "/fr/reading/" in address
    client, path = Client(), address[address.index("/fr/") :]
    assert "A long road" in press(client, client.get(path), "Continuer", code=code.replace(" ", "")).text
    assert (reading.interpreter, len(mail.outbox)) == (True, 0)
    people.record(person_of(story), link_is_safe=False)
    assert "link" not in {each["value"] for each in parse(lead.get(start_of(story))).select("[name=way]")}
    lead.post(start_of(story), HERE | {"way": "link"})
    assert Reading.objects.count() == 1


def test_paper_is_printed_and_its_answers_are_entered(moderator, lead, story):
    sheet = moderator.post(start_of(story), HERE | {"way": "paper", "language": "fr"}, follow=True)
    page, reading = parse(sheet), Reading.objects.get()
    assert (page.html["lang"], page.title.text) == ("fr", "À lire, s’il vous plaît")
    assert "A long road" in page.text and str(reading.pk) in page.select_one(".meta").text
    assert len(page.select(".reading__sheet .reading__answer")) == len(reading.questions)
    assert "img-src 'self' data:" in sheet["Content-Security-Policy"]
    links = [each["href"] for each in parse(moderator.get(start_of(story))).select("main li a")]
    enter = reverse("safeguarding_readings:enter", args=[reading.pk])
    assert enter in links
    yes = {key: "yes" for key, _label in reading.questions}
    assert moderator.post(enter, yes | {"website": ""}).status_code == 200
    assert moderator.post(enter, yes | {"website": "change"}).status_code == 200
    assert Reading.objects.get().agrees is None
    said = {"words": "change", "words_words": "Leave out the street."}
    assert lead.post(enter, yes | said).status_code == 302
    reading = Reading.objects.get()
    assert (reading.answered["words"], reading.user) == (["change", "Leave out the street."], lead.user)
    assert moderator.get(enter).status_code == 404


def test_only_what_is_no_yes_is_entered_about_an_earlier_version(moderator, story):
    reading = make_reading("paper", story=story)
    story.title = "Another road"
    story.save_revision().publish()
    sheet = reverse("safeguarding_readings:sheet", args=[reading.pk])
    enter = reverse("safeguarding_readings:enter", args=[reading.pk])
    assert moderator.get(sheet).status_code == 404
    told = "The text has changed since. Print the new one."
    assert told in moderator.get(start_of(story)).text
    assert told in moderator.post(enter, {"words": "yes", "website": "yes"}).text
    assert Reading.objects.get().agrees is None
    assert moderator.post(enter, {"words": "change", "words_words": "Not the street."}).status_code == 302
    assert (Reading.objects.get().agrees, not releases.is_held(story)) == (False, False)


def test_nothing_is_started_while_a_picture_is_not_shown(lead, story):
    image = make_image(shows="person")
    image.people.add(person_of(story))
    people.record(person_of(story), picture=0)
    story.lead_image, story.lead_image_decorative = image, True
    story.save_revision(clean=False)
    assert "A picture is not shown yet" in lead.post(start_of(story), HERE).text
    assert not Reading.objects.exists()


def test_without_a_key_nothing_is_started(lead, story, settings):
    settings.SAFEGUARDING_KEYS = []
    assert lead.post(start_of(story), HERE).status_code == 200
    assert not Reading.objects.exists()


# --- Second readers: people without an account whom a lead names ----------------------------------


READER = {"name": "Ruth Achieng", "function": "board member", "contact": "ruth@example.net"}


def make_draft(user):
    """Return a draft about a child that `user` wrote."""
    story = people.make_story_about(people.make_agreeing_person(kind="child"), live=False, title="A child")
    story.summary = "They lived in Kisumu."
    story.save_revision(user=user, log_action=True)
    return story


def address(story, name="reader"):
    return reverse(f"safeguarding_decisions:{name}", args=[story.pk])


def test_all_leads_and_administrators_are_told(lead, caplog):
    story, told = make_draft(lead.user), [lead.user, make_user(policies.GROUP), make_user(is_superuser=True)]
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
    desk = " ".join(parse(lead.get("/admin/")).text.split())
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
        assert "An account has this address." in leads.errors_of(response)["contact"]
    for name in READER:
        assert name in leads.errors_of(lead.post(address(story), READER | {name: ""}))
    assert not SecondReader.objects.exists()


def test_only_who_sees_names_names_one_where_somebody_else_has_to_decide(lead):
    story, by_another = make_draft(lead.user), make_draft(make_user("Editors"))
    for wrong in (address(by_another), f"{address(story)}?version=other"):
        assert [lead.get(wrong).status_code, lead.post(wrong, READER).status_code] == [404, 404]
    log(lead.user, policies.NAMES_CLOSED)
    for user in (lead.user, make_user("Moderators"), make_user(is_superuser=True)):
        lead.force_login(user)
        assert [ask(address(story), READER).status_code for ask in (lead.get, lead.post)] == [302, 302]
    assert not SecondReader.objects.exists()
