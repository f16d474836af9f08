"""Restricted fields, such as names: leads see them after they give a reason, and they are encrypted."""

import logging

from django.test import Client
from wagtail.log_actions import log

from safeguarding.models import Contributor, Decision, RestrictedView
from safeguarding.policies import NAMES_CLOSED
from safeguarding.withdrawal.carry_out import withdraw
from tests.support import builders, stored_text, withdrawal_world
from tests.support.leads import ANSWERS, SECRET, add, address, errors_of, make_live_story, send_decision
from tests.support.people import decide, make_agreeing_person, make_person, make_story_about, rows_of

# --- Names and contact ----------------------------------------------------------------------------


def test_names_are_changed_after_a_reason(lead):
    person = make_person(names=SECRET)
    page = address(person, "restricted")
    for wrong in ({}, {"reason": "curious"}):
        assert SECRET not in lead.post(page, wrong | {"names": "Not saved", "save": "1"}).text
    response = lead.post(page, {"reason": "consent", "names": "Not saved"})
    assert builders.parse(response).select_one("textarea[name=names]").text.strip() == SECRET
    lead.post(page, {"reason": "consent", "names": "New", "save": "1"})
    assert Contributor.objects.get().names == "New"
    look = f"To record or renew a consent, {lead.user.username}"
    assert look in " ".join(lead.get(address(person, "inspect")).text.split())


def test_form_that_was_opened_before_a_change_undoes_it_only_when_it_is_sent_twice(lead):
    person = make_agreeing_person(names=SECRET)
    sent = {"restricted": {"reason": "contact", "names": SECRET, "save": "1"}}
    sent["consent"] = ANSWERS | {"ends_on": ""}
    opened = {name: lead.post(address(person, name), {"reason": "contact"}) for name in sent}

    def seen(response):
        return builders.parse(response).select_one("[name=seen]")["value"]

    withdraw(person)
    withdrawal_world.finish()  # it deletes the names
    for name, data in sent.items():
        response = lead.post(address(person, name), data | {"seen": seen(opened[name])})
        assert "has changed since you opened this form" in errors_of(response)[""]
        person = Contributor.objects.get()
        assert (person.names, person.has_withdrawn) == ("", True)
        assert lead.post(address(person, name), data | {"seen": seen(response)}).status_code == 302
        Contributor.objects.update(names="")  # The first form has stored them again.
    assert not Contributor.objects.get().has_withdrawn


def test_without_keys_only_the_restricted_fields_say_so(lead, settings):
    person = make_agreeing_person({"evidence_held_at": SECRET}, names=SECRET)
    story, keys = make_story_about(person), settings.SAFEGUARDING_KEYS
    settings.SAFEGUARDING_KEYS = []
    assert Client().get(story.url).status_code == 200
    response = lead.post(address(person, "restricted"), {"reason": "check"})
    disabled = [each["name"] for each in builders.parse(response).select("textarea[disabled]")]
    assert disabled == list(Contributor.RESTRICTED_FIELDS)
    lead.post(address(person, "restricted"), {"reason": "check", "names": "Other", "save": "1"})
    add(lead)
    assert Contributor.objects.count() == 2
    lead.post(address(person, "take_down"))
    assert Client().get(story.url).status_code == 404
    settings.SAFEGUARDING_KEYS = keys
    assert Contributor.objects.get(pk=person.pk).names == SECRET


def test_everything_that_is_stored_about_a_person_is_on_one_page(lead):
    person = make_agreeing_person({"evidence_held_at": "A cupboard"}, names=SECRET, contact="By letter")
    decide(make_story_about(person, title="About her"), person, "other")
    lead.post(address(person, "not_reached"))
    builders.make_image("Her garden").people.add(person)
    draft = builders.make_story("About others")
    draft.people, draft.story_people = "listed", rows_of(person)
    draft.save_revision(clean=False)
    page = lead.post(address(person, "print"), {"reason": "request"}).text
    for words in (SECRET, "By letter", "A cupboard", "About her", "It was weighed.", "Could not be reached"):
        assert words in page
    for words in ("About others", "Her garden"):
        assert words in page
    assert f"The person asked to see what is held, {lead.user.username}" in " ".join(page.split())
    # Nothing is stored here.
    page = lead.post(address(person, "print"), {"reason": "request", "save": "1", "names": "Other"}).text
    assert SECRET in page


def test_nothing_restricted_is_in_the_database_in_clear(lead):
    """Log entries, sessions and messages are rows of the database too."""
    add(lead)
    person = Contributor.objects.get()
    lead.post(address(person, "restricted"), {"reason": "check", "names": SECRET, "save": "1"})
    lead.post(address(person, "print"), {"reason": "request"})
    send_decision(lead, make_live_story({"proceedings": True}), reason=f"{SECRET} agreed")
    assert Decision.objects.get().reason == f"{SECRET} agreed"
    lead.post(address(person, "take_down"))
    assert stored_text.tables_with(SECRET) == {}


# --- Finding somebody by name, contact or code ----------------------------------------------------


INDEX = "/admin/safeguarding/people/"


def find(client, words):
    """Return the codes that `client` finds by `words`."""
    links = builders.parse(client.post(INDEX, {"words": words})).select("tbody tr a")
    return {each.get_text(strip=True) for each in links}


def test_each_way_finds_the_person_and_looks_are_recorded(lead, caplog):
    caplog.set_level(logging.DEBUG)
    person = make_agreeing_person(names="Amína Otieno-Ndege\nMama Kito", contact="+254 700 123 456")
    make_person(names="Somebody Else", protected_words="Kisumu")
    for words in ("amina", "OTIENO NDEGE", "kito", "0700 123456"):
        assert find(lead, words) == {person.code}, words
        assert words not in caplog.text
        looks = RestrictedView.objects.filter(contributor=person, user=lead.user, reason="found")
        assert looks.delete()[0] == 1, words
    assert find(lead, person.code) == find(lead, person.code[2:].lower()) == {person.code}
    for words in ("", "a", "-", "Kisumu", "Nobody"):
        assert find(lead, words) == set(), words
    assert not RestrictedView.objects.exists(), "a code tells nothing, and nobody was found"
    page = builders.parse(lead.get(f"{INDEX}?q=amina&words=amina"))
    assert len(page.select("tbody tr")) == 2, "an address searches nothing"
    assert page.select_one("form:has([name=words])")["method"] == "post"
    assert not page.select("[name=q]"), "there is no other search, whose words an address would have"
    assert not builders.parse(lead.get(address(person, "restricted"))).select("[name=reason][value=found]")


def test_only_who_sees_names_searches_them(lead):
    person = make_agreeing_person(names="Amina Otieno")
    log(lead.user, NAMES_CLOSED)
    assert (find(lead, "amina"), find(lead, person.code)) == (set(), {person.code})
    assert not RestrictedView.objects.exists()
