"""A consent that an editor writes down: it is a proposal, which counts for nothing until a lead confirms it.

A lead is a member of the group Safeguarding.
"""

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission, ModelLogEntry

from safeguarding import leak_check, policies, retention, scopes
from safeguarding.models import Contributor, PageHold
from safeguarding.withdrawal.carry_out import make_plan, withdraw
from tests.support.builders import make_story, make_theme, make_user, parse
from tests.support.leads import ANSWERS, PERSON, SECRET, address, errors_of
from tests.support.people import days_from_today, make_agreeing_person, make_story_about, record, rows_of
from tests.support.stored_text import tables_with
from tests.support.undone import undone

pytestmark = pytest.mark.sqlite_only

PLACE = "Qovondo"
SAYS_PLACE = [{"type": "text", "value": f"<p>In {PLACE}.</p>"}]
TEXTS = {name: PERSON[name] for name in ("names", "contact", "safe_contact_note")}
TEXTS |= {"protected_words": PLACE, "ordinary_words": ""}
SENT = ANSWERS | TEXTS | {"ends_on": "", "where": ["website"]}


def opened_from(page, person):
    return f"{address(person, 'consent')}?page={page.pk}"


def editor_of(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.fixture
def editor():
    client = Client()
    client.user = make_user("Editors")
    client.force_login(client.user)
    return client


@pytest.fixture
def story():
    """A live story about a person whose consent has ended. It says PLACE."""
    person = make_agreeing_person()
    story = make_story_about(person, title="Says it", body=SAYS_PLACE)
    record(person, ends_on=days_from_today(-1), evidence_held_at="At home")
    return story


@pytest.fixture
def proposed(editor, story):
    """The person, whose consent the editor has written down with a name and PLACE."""
    response = editor.post(opened_from(story, story.story_people.get().contributor), SENT)
    assert response.url == editor_of(story)
    return stored()


def stored():
    return Contributor.objects.get()


def form_of(client, url):
    """Return the data of a form as it is opened."""
    data = {}
    for each in parse(client.get(url)).select("#w-editor-form input[name], #w-editor-form textarea[name]"):
        is_box = each.get("type") in {"radio", "checkbox"}
        if not is_box or each.has_attr("checked"):
            data.setdefault(each["name"], []).append(each.get("value", "on" if is_box else each.text.strip()))
    return data


def confirm(lead, **changes):
    """Send the form as a lead gets it, with `changes`; return the response."""
    url = address(stored(), "consent")
    return lead.post(url, form_of(lead, url) | changes)


# --- Writing it down ------------------------------------------------------------------------------


def test_editor_writes_it_down_and_never_reads_it(editor, story):
    person = stored()
    Contributor.objects.update(**dict.fromkeys(TEXTS, SECRET))
    panel = parse(editor.get(editor_of(story))).select_one("[data-side-panel=people]")
    assert panel.find("a", href=opened_from(story, person)).text == "Write down the consent"
    opened = form_of(editor, opened_from(story, person))
    assert {*opened} & {"given_by", "picture", "naming", "where"} == set(), "what was agreed to before"
    editor.post(opened_from(story, person), SENT)
    person = stored()
    assert (person.proposed_by, person.proposed["where"]) == (editor.user, ["website"])
    assert (person.names, person.consents.count(), person.get_status()) == (SECRET, 2, "ended")
    pages = [editor_of(story), reverse("wagtailadmin_pages:history", args=[story.pk])]
    pages = [editor.get(page, follow=True).text for page in (*pages, opened_from(story, person))]
    assert not any(SECRET in page for page in pages)
    assert f"The consent of {person.code} is written down: " in pages[0]
    assert opened_from(story, person) not in pages[0], "it waits for a lead"
    assert ModelLogEntry.objects.get(action="safeguarding.propose").user == editor.user
    assert tables_with(SECRET) == {}


def test_who_may_write_it_down(editor, story):
    def may(person, page):
        url = opened_from(page, person)
        answers = {each.status_code == 200 for each in (editor.get(url), editor.post(url, {}))}
        assert len(answers) == 1
        return answers.pop()

    person = stored()
    assert may(person, story)
    for query in ("", "?page=x", "?page=" + "9" * 5000):
        assert editor.get(address(person, "consent") + query).status_code == 302
    other = make_story("Another")
    assert not may(person, other), "the person is not in it"
    other.people, other.story_people = "listed", rows_of(person)
    other.save_revision(clean=False)
    assert may(person, other), "the person is in the draft"
    with undone():
        GroupPagePermission.objects.all().delete()
        assert not may(person, story)
    for event in ({"event": "withdrawn"}, {"ends_on": days_from_today(9)}):
        record(person, **event)
        assert not may(person, story)
    Contributor.objects.update(held_since=timezone.now())
    assert not may(person, story)
    assert stored().proposed_at is None


def test_nothing_is_stored_without_a_key_or_overwritten_without_its_key(editor, lead, story, settings):
    Contributor.objects.update(names="Former")
    url, keys = opened_from(story, stored()), settings.SAFEGUARDING_KEYS
    other = Fernet.generate_key().decode()
    settings.SAFEGUARDING_KEYS = []
    editor.post(url, SENT)
    assert stored().proposed_at is None
    settings.SAFEGUARDING_KEYS = [other]
    editor.post(url, SENT)
    assert "The key for this field is missing" in lead.post(address(stored(), "consent"), SENT).text
    settings.SAFEGUARDING_KEYS = []
    lead.post(address(stored(), "consent"), SENT)
    settings.SAFEGUARDING_KEYS = [other, *keys]
    assert (stored().names, stored().proposed["names"]) == ("Former", TEXTS["names"])
    assert stored().consents.count() == 3, "the lead has recorded it without the texts"


def test_form_asks_who_it_is_while_that_is_unknown(editor, lead, story):
    url = opened_from(story, stored())
    assert "kind" not in form_of(editor, url)
    Contributor.objects.update(kind="")
    assert {"kind", "names"} <= errors_of(editor.post(url, SENT | {"names": "Ada " * 1500})).keys()
    child = {"kind": "child", "role": "tells", "adult_on": str(days_from_today(900))}
    child |= {"final_text": "yes", "link_is_safe": "on"}
    for wrong in ("self", ""):
        assert "given_by" in errors_of(editor.post(url, SENT | child | {"given_by": wrong}))
    editor.post(url, SENT | child | {"given_by": "guardian"})
    assert stored().kind == ""
    decide = reverse("safeguarding_decisions:page", args=[story.pk])
    assert decide in confirm(lead).text, "a lead has to decide about a child"
    assert (stored().kind, str(stored().adult_on)) == ("child", child["adult_on"])
    consent = stored().latest_consent
    assert (consent.given_by, consent.final_text, consent.link_is_safe) == ("guardian", "yes", True)


# --- Confirming it --------------------------------------------------------------------------------


def test_lead_confirms_it_with_one_click(lead, editor, proposed):
    Contributor.objects.update(names="Ada\nBea")
    line = parse(lead.get("/admin/")).find("h3", string="Consents to confirm").find_next("li")
    assert line.a["href"] == address(proposed, "consent")
    assert line.a.text == f"{proposed.code}, {editor.user.username}"
    assert SECRET not in lead.get(line.a["href"]).text, "names need a reason"
    confirm(lead)
    person, consent = stored(), stored().latest_consent
    assert (consent.recorded_by, consent.where, consent.picture) == (lead.user, ["website"], 1)
    assert (str(consent.given_on), consent.evidence_held_at) == ("2026-01-31", ANSWERS["evidence_held_at"])
    texts = {name: getattr(person, name) for name in TEXTS}
    assert texts == TEXTS | {"names": f"Ada\nBea\n{TEXTS['names']}"}
    assert (person.proposal, person.proposed_at) == ("", None)
    assert "Consents to confirm" not in lead.get("/admin/").text


@pytest.mark.parametrize("answers", [{"proceedings": "yes"}, {"final_text": "yes", "link_is_safe": "on"}])
def test_recording_leads_to_the_page_only_if_a_lead_has_to_decide_about_it(lead, story, answers):
    response = lead.post(address(stored(), "consent"), ANSWERS | {"ends_on": ""} | answers)
    decide = reverse("safeguarding_decisions:page", args=[story.pk])
    assert (response.url == decide) == ("proceedings" in answers), response.url


def test_lead_changes_or_deletes_it(lead, editor, story, proposed):
    seen = form_of(lead, address(proposed, "consent"))["seen"]
    lead.post(address(proposed, "consent"), {"discard": "1"})
    assert (stored().proposal, stored().proposed_at, stored().names) == ("", None, "")
    editor.post(opened_from(story, proposed), SENT)
    response = lead.post(address(proposed, "consent"), SENT | {"seen": seen})
    assert "has changed since you opened this form" in errors_of(response)[""], "it is another one"
    assert stored().consents.count() == 2
    confirm(lead, picture="0")
    assert stored().latest_consent.picture == 0


def test_form_of_a_lead_records_at_once_and_asks_who_agreed_only_if_it_is_no_adult(editor, story):
    """The form hides the question once the answer is that the person is an adult."""
    url = opened_from(story, stored())
    Contributor.objects.update(kind="")
    editor.user.groups.add(Group.objects.get(name=policies.GROUP))
    assert url in editor.get(editor_of(story)).text
    sent = SENT | {"role": "tells", "given_by": ""}
    for other in ({"kind": "group", "has_children": "False"}, {"kind": "adult", "adult_on": "2099-01-01"}):
        assert "given_by" in errors_of(editor.post(url, sent | other))
    editor.post(url, sent | {"kind": "adult"})
    person, consent = stored(), stored().latest_consent
    assert (person.kind, person.names, person.proposed_at) == ("adult", TEXTS["names"], None)
    assert (consent.given_by, consent.recorded_by) == ("self", editor.user)


# --- Its words ------------------------------------------------------------------------------------


def stops(page):
    return len(leak_check.checking.check(page, leak_check.words.load_words().words).stops)


def test_its_words_count_only_in_stories_with_the_person(proposed, story):
    assert stops(story) == 1
    assert stops(make_story("Another", body=SAYS_PLACE)) == stops(make_theme(PLACE)) == 0
    # A name of hers that the story may give lets it give no name of somebody else.
    story.summary = TEXTS["names"]
    story.story_people.update(naming=scopes.Naming.REAL)
    assert stops(story) == 1
    make_agreeing_person({"naming": scopes.Naming.NONE}, names=TEXTS["names"])
    assert stops(story) == 2


@pytest.mark.parametrize("holds", [True, False])
def test_confirming_holds_the_stories_that_say_them_and_lists_the_places(lead, proposed, story, holds):
    make_story("Also says it", body=SAYS_PLACE)
    page = confirm(lead, **({} if holds else {"hold_stories": ""})).text
    assert "Story: Says it" in page and "Story: Also says it" in page
    assert [hold.page_id for hold in PageHold.objects.all()] == [story.pk] * holds
    assert Client().get(story.url).status_code == (404 if holds else 200)


# --- Its end --------------------------------------------------------------------------------------


def test_withdrawal_looks_for_its_words_and_ends_it(proposed):
    make_theme(f"From {PLACE}")
    assert any(PLACE in line.title for each in make_plan(proposed).shown for line in each.found)
    withdraw(proposed)
    assert (stored().proposal, stored().proposed_at, stored().contact) == ("", None, "")
    assert (stored().names, stored().protected_words) == (TEXTS["names"], PLACE), "until no text has one"


def test_it_is_deleted_with_the_names_and_encrypted_anew_before(lead, proposed, settings):
    assert PLACE in lead.post(address(proposed, "print"), {"reason": "request"}).text
    make_story("Also says it", body=SAYS_PLACE)
    assert "Also says it" in lead.get(address(proposed, "words")).text
    new = Fernet.generate_key().decode()
    settings.SAFEGUARDING_KEYS = [new, *settings.SAFEGUARDING_KEYS]
    call_command("rotate_safeguarding_keys")
    settings.SAFEGUARDING_KEYS = [new]
    assert stored().proposed["protected_words"] == PLACE
    record(proposed, given_on=days_from_today(-3700), ends_on=days_from_today(-3000))
    retention.delete_names_of(proposed.pk)
    assert (stored().proposal, stored().proposed_at) == ("", None)
