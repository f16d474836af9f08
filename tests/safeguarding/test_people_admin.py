"""The pages of the safeguarding team: recording, renewing, taking down, names and contact, decisions."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry, Workflow

from caching.local_date import today
from safeguarding.forms import FirstConsentForm, PersonForm, RestrictedForm
from safeguarding.models import Contributor, Decision
from safeguarding.policies import GROUP
from safeguarding.status import Status
from tests.support.builders import make_story, make_user, parse
from tests.support.people import (
    ALL_AGREED,
    days_from_today,
    make_agreeing_person,
    make_person,
    make_story_about,
    record,
    withdraw,
)

pytestmark = pytest.mark.django_db

SECRET = "Amina-of-the-tests"
ANSWERS = {
    "given_on": "2026-01-31",
    "given_by": "self",
    "picture": "1",
    "naming": "1",
    "where": ["website", "print"],
    "proceedings": "no",
    "in_programme": "no",
    "talked_through": ["explained", "interpreter"],
    "evidence_held_at": f"{SECRET} cupboard",
}
PERSON = {
    "kind": "adult",
    "adult_on": "",
    "names": f"{SECRET} Otieno",
    "contact": f"{SECRET} +254 700 000 000",
    "safe_contact_note": f"Only by {SECRET}",
}
ADD = "/admin/safeguarding/people/new/"


@pytest.fixture
def lead(client):
    client.user = make_user(GROUP)
    client.force_login(client.user)
    return client


def address(person, name):
    return reverse(f"safeguarding_people:{name}", args=[person.pk])


def errors_of(response):
    """Return {name of the field: text of the error} in a form; "" for errors of none."""
    page = parse(response)
    found = {
        each["data-contentpath"]: each.select_one(".error-message")
        for each in page.select("[data-contentpath]")
    }
    found[""] = page.select_one(".messages .error")
    return {name: error.get_text(" ", strip=True) for name, error in found.items() if error}


# --- Recording ------------------------------------------------------------------------------------


def test_person_and_consent_are_recorded_in_one_form(lead):
    page = parse(lead.get(ADD))
    fields = page.select("#w-editor-form .w-field__wrapper")
    assert len(fields) == 14
    assert len(FirstConsentForm(for_user=lead.user).visible_fields()) == 14
    # Nothing is answered for the lead that the gate relies on.
    assert [
        each["name"] for each in page.select("input[type=radio][checked], input[type=checkbox][checked]")
    ] == [
        "picture",
        "naming",
    ]
    assert {each["value"] for each in page.select("input[type=radio][checked]")} == {"0"}
    response = lead.post(ADD, PERSON | ANSWERS, follow=True)
    person = Contributor.objects.get()
    consent = person.consents.get()
    assert (person.names, person.role, person.kind) == (PERSON["names"], "tells", "adult")
    assert (consent.event, consent.ends_on, consent.recorded_by) == (
        "given",
        datetime.date(2028, 1, 31),
        lead.user,
    )
    assert (consent.picture, consent.naming, consent.where) == (1, 1, ["website", "print"])
    assert (consent.proceedings, consent.in_programme) == (False, False)
    assert (consent.explained, consent.interpreter, consent.knows_final_text) == (True, True, False)
    assert consent.evidence_held_at == ANSWERS["evidence_held_at"]
    assert person.code in response.text
    assert SECRET not in response.text


MISSING = {
    "adult_on": ({"kind": "child"}, "Say when the child will be 18."),
    "given_by": (
        {"kind": "child", "adult_on": "2090-01-01"},
        "A child can agree only together with a guardian.",
    ),
    "given_on": ({"given_on": "2999-01-01"}, "This day is in the future."),
    "where": ({"where": []}, "This field is required."),
    "proceedings": ({"proceedings": ""}, "This field is required."),
    "in_programme": ({"in_programme": "perhaps"}, "Select a valid choice."),
}


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_stored(lead):
    for field, (answers, text) in MISSING.items():
        response = lead.post(ADD, PERSON | ANSWERS | answers)
        errors = errors_of(response)
        assert text in errors[field], field
        assert set(errors) - {""} == {field}
        assert PERSON["names"] in response.text, "what was typed is still there"
    assert not Contributor.objects.exists()


def test_a_child_agrees_with_a_guardian_for_a_year(lead):
    lead.post(ADD, PERSON | ANSWERS | {"kind": "child", "adult_on": "2090-06-01", "given_by": "guardian"})
    assert Contributor.objects.get().latest_consent.ends_on == datetime.date(2027, 1, 31)


def test_somebody_who_does_not_tell_the_story_needs_no_consent_to_be_recorded(lead):
    new = "/admin/safeguarding/people/new-other/"
    roles = [each["value"] for each in parse(lead.get(new)).select("input[name=role]")]
    assert roles == ["family", "fellow", "accused", "other"]
    lead.post(new, {"kind": "adult", "role": "accused", "protected_words": SECRET})
    person = Contributor.objects.get()
    assert (person.role, person.get_status().status, person.protected_words) == (
        "accused",
        Status.NONE,
        SECRET,
    )


# --- Renewing -------------------------------------------------------------------------------------


def test_renewal_keeps_the_answers_and_asks_two_again(lead):
    before = {"picture": 1, "naming": 1, "ends_on": days_from_today(5)}
    person = make_agreeing_person(before)
    form = parse(lead.get(address(person, "consent")))
    kept = {each["name"]: each["value"] for each in form.select("input[type=radio][checked]")}
    assert kept == {"given_by": "self", "picture": "1", "naming": "1"}
    assert {each["value"] for each in form.select("input[type=checkbox][checked]")} == {
        "website",
        "languages",
    }
    answers = ANSWERS | kept | {"where": ["website", "languages"], "given_on": str(today())}
    response = lead.post(address(person, "consent"), answers | {"ends_on": ""}, follow=True)
    assert f"{person.code}: Agreed until" in response.text
    lead.post(address(person, "consent"), answers | {"naming": "0", "ends_on": str(days_from_today(200))})
    withdraw(person)
    lead.post(address(person, "consent"), answers)
    events = list(person.consents.values_list("event", "naming"))
    assert events == [("given", 1), ("renewed", 1), ("changed", 0), ("withdrawn", 0), ("given", 1)]
    assert person.consents.all()[2].ends_on == days_from_today(200)
    page = lead.get(address(person, "inspect"))
    history = parse(page).select(".safeguarding__scroll tbody td:first-child")
    assert [each.text for each in history] == ["Given", "Withdrawn", "Changed", "Renewed", "Given"]


def test_not_reached_is_noted_and_changes_nothing(lead):
    person = make_agreeing_person({"ends_on": days_from_today(20)})
    lead.post(address(person, "not_reached"))
    assert person.consents.count() == 1
    assert "Not reached on" in lead.get("/admin/").text
    assert "Could not be reached" in lead.get(address(person, "inspect")).text


# --- Taking down ----------------------------------------------------------------------------------


def test_take_down_is_gone_at_the_next_request_and_can_be_undone(lead):
    person, other = make_agreeing_person(), make_agreeing_person()
    story, kept = make_story_about(person, other), make_story_about(other)
    visitor = Client()

    def seen():
        return [visitor.get(each.url).status_code == 200 for each in (story, kept)]

    assert seen() == [True, True]
    stale = parse(lead.get(address(person, "edit")))
    assert stale.select_one("form")
    for _twice in range(2):
        lead.post(address(person, "take_down"))
    assert seen() == [False, True]
    # A form that was opened before doesn't bring it back.
    lead.post(address(person, "edit"), {"kind": "adult", "role": "tells", "adult_on": "", "keep_until": ""})
    assert seen() == [False, True]
    lead.post(address(person, "bring_back"))
    assert seen() == [True, True]
    actions = ModelLogEntry.objects.filter(
        object_id=person.pk, user=lead.user, action__startswith="safeguarding"
    )
    assert [each.action for each in actions.order_by("pk")] == [
        "safeguarding.take_down",
        "safeguarding.bring_back",
    ]
    assert set(actions.values_list("label", flat=True)) == {person.code}


def test_a_hold_survives_what_was_loaded_before(lead):
    person = make_agreeing_person(names=SECRET)
    data = {"kind": "group", "role": "tells", "names": "Other"}
    forms = [form(data, instance=Contributor.objects.get()) for form in (PersonForm, RestrictedForm)]
    lead.post(address(person, "take_down"))
    for form in forms:
        assert form.is_valid()
        form.save()
    person.refresh_from_db()
    assert (person.kind, person.names, person.get_status().status) == ("group", "Other", Status.HELD)


# --- Names and contact ----------------------------------------------------------------------------


def test_names_are_changed_after_a_reason(lead):
    person = make_person(names=SECRET)
    response = lead.post(address(person, "restricted"), {"reason": "consent", "names": "Not saved"})
    assert parse(response).select_one("textarea[name=names]").text.strip() == SECRET
    lead.post(address(person, "restricted"), {"reason": "consent", "names": "New", "save": "1"})
    assert Contributor.objects.get().names == "New"
    lead.post(address(person, "restricted"), {"names": "Without a reason", "save": "1"})
    assert Contributor.objects.get().names == "New"


def test_without_keys_only_the_restricted_fields_say_so(lead, settings):
    person = make_agreeing_person({"evidence_held_at": SECRET}, names=SECRET)
    story, keys = make_story_about(person), settings.SAFEGUARDING_KEYS
    settings.SAFEGUARDING_KEYS = []
    assert Client().get(story.url).status_code == 200
    response = lead.post(address(person, "restricted"), {"reason": "check"})
    disabled = parse(response).select("textarea[disabled]")
    assert [each["name"] for each in disabled] == list(Contributor.RESTRICTED_FIELDS)
    assert "The key for this field is missing" in response.text
    lead.post(address(person, "restricted"), {"reason": "check", "names": "Other", "save": "1"})
    assert "The key is missing" in lead.post(address(person, "print"), {"reason": "check"}).text
    lead.post(ADD, PERSON | ANSWERS)
    assert Contributor.objects.count() == 2
    lead.post(address(person, "take_down"))
    assert Client().get(story.url).status_code == 404
    settings.SAFEGUARDING_KEYS = keys
    assert Contributor.objects.get(pk=person.pk).names == SECRET


def test_everything_that_is_held_is_on_one_page(lead):
    person = make_agreeing_person({"evidence_held_at": "A cupboard"}, names=SECRET, contact="By letter")
    story = make_story_about(person, title="About her")
    Decision.objects.create(
        page=story,
        contributor=person,
        ground="other",
        reason="Weighed well",
        ends_on=days_from_today(9),
        digest="x",
    )
    lead.post(address(person, "not_reached"))
    page = lead.post(address(person, "print"), {"reason": "request"}).text
    for words in (SECRET, "By letter", "A cupboard", "About her", "Weighed well", "Could not be reached"):
        assert words in page
    assert f"The person asked to see what is held, {lead.user.username}" in page


def test_nothing_restricted_is_in_the_database_in_clear(lead):
    """Also not in logs, sessions and messages of what was done."""
    lead.post(ADD, PERSON | ANSWERS)
    person = Contributor.objects.get()
    lead.post(address(person, "restricted"), {"reason": "check", "names": SECRET, "save": "1"})
    lead.post(address(person, "print"), {"reason": "request"})
    story = make_live_story({"proceedings": True})
    send_decision(lead, story, reason=f"{SECRET} agreed")
    assert Decision.objects.get().reason == f"{SECRET} agreed"
    lead.post(address(person, "take_down"))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of tables
            assert "Amina" not in str(cursor.fetchall()), table


# --- Keys -----------------------------------------------------------------------------------------


def test_rotated_keys_read_everything_without_the_former_one(settings, capsys):
    person = make_agreeing_person({"evidence_held_at": SECRET}, names=SECRET)
    former = settings.SAFEGUARDING_KEYS
    new = ["b3RoZXIta2V5LW9mLXRoZS10ZXN0cy1vZi0zMi1ieXQ="]
    settings.SAFEGUARDING_KEYS = [*new, *former]
    call_command("rotate_safeguarding_keys")
    assert "rows are encrypted with the first key." in capsys.readouterr().out
    settings.SAFEGUARDING_KEYS = new
    person = Contributor.objects.get()
    assert (person.names, person.latest_consent.evidence_held_at) == (SECRET, SECRET)
    # A key that is lost changes nothing, and is said.
    settings.SAFEGUARDING_KEYS = former
    with pytest.raises(Exception, match="2 texts are encrypted with a key that is missing"):
        call_command("rotate_safeguarding_keys")
    settings.SAFEGUARDING_KEYS = new
    assert Contributor.objects.get().names == SECRET


# --- Decisions ------------------------------------------------------------------------------------


def make_live_story(change, **fields):
    """Return a live story that needs a decision since its person's answers changed by `change`."""
    person = make_agreeing_person()
    story = make_story_about(person, **fields)
    record(person, **ALL_AGREED | change)
    return story


def send_decision(client, story, **fields):
    """Send the form for the first question about `story`; return the response."""
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    form = parse(client.get(page))
    data = {
        "digest": form.select_one("[name=digest]")["value"],
        "question": form.select_one("[name=question]")["value"],
        "reason": "It was weighed.",
        "ends_on": str(days_from_today(30)),
        "has_read": "on",
    }
    return client.post(page, data | fields, follow=True)


def test_a_decision_lets_a_live_story_be_read(lead):
    story = make_live_story({"proceedings": True}, title="In court")
    assert Client().get(story.url).status_code == 404
    assert "In court" in lead.get("/admin/").text
    assert "In court" in lead.get(reverse("safeguarding_decisions:index")).text
    assert "In court" in lead.get(reverse("safeguarding_decisions:read", args=[story.pk])).text
    for wrong in (
        {"reason": ""},
        {"ends_on": str(days_from_today(-1))},
        {"has_read": ""},
        {"question": "1:child"},
    ):
        assert errors_of(send_decision(lead, story, **wrong)), wrong
    assert "Please read it again" in send_decision(lead, story, digest="other").text
    assert not Decision.objects.exists()
    send_decision(lead, story)
    assert Client().get(story.url).status_code == 200
    decision = Decision.objects.get()
    assert (decision.ground, decision.decided_by, decision.revision) == ("proceedings", lead.user, None)
    assert "In court" not in lead.get("/admin/").text


def test_about_a_child_a_second_person_decides(lead):
    child = make_agreeing_person({"given_by": "guardian"}, kind="child", adult_on=days_from_today(900))
    story = make_story_about(child, live=False, title="A child")
    assert "A child" not in lead.get("/admin/").text, "it is still being written"
    story.save_revision(user=lead.user)
    Workflow.objects.get().start(story, lead.user)
    assert "A child" in lead.get("/admin/").text
    assert (
        "You wrote this version yourself: somebody else has to decide on it."
        in send_decision(lead, story).text
    )
    second = Client()
    second.force_login(make_user(GROUP))
    send_decision(second, story)
    decision = Decision.objects.get()
    assert (decision.ground, decision.revision) == ("child", story.latest_revision)
    story.refresh_from_db()
    story.latest_revision.publish()
    assert Client().get(story.url).status_code == 200


def test_a_decision_is_for_one_version(lead):
    story = make_live_story({"in_programme": True})
    send_decision(lead, story)
    assert Client().get(story.url).status_code == 200
    story.summary = "Something else."
    story.save(clean=False)
    assert Client().get(story.url).status_code == 404


def test_undecided_stories_are_listed(lead):
    story = make_story("Whose is it", live=False, people="")
    assert "Whose is it" not in lead.get("/admin/").text, "it is still being written"
    Workflow.objects.get().start(story, lead.user)
    assert "Whose is it" in lead.get("/admin/").text
    page = lead.get(reverse("safeguarding_decisions:page", args=[story.pk])).text
    assert "Nobody has said yet who is in this story." in page
    assert 'name="question"' not in page


# --- Joining --------------------------------------------------------------------------------------


def test_joining_is_logged_and_told_to_all(lead, mailoutbox, django_capture_on_commit_callbacks):
    group = Group.objects.get(name=GROUP)
    ways = {
        "added": lambda user: user.groups.add(group),
        "added from the group": group.user_set.add,
        "activated": activate_in,
    }
    for way, act in ways.items():
        mailoutbox.clear()
        new = make_user(is_active=way != "activated")
        with django_capture_on_commit_callbacks(execute=True):
            act(new)
        told = {address for mail in mailoutbox for address in mail.to}
        assert {lead.user.email, new.email} <= told, way
        assert all(new.username in mail.body for mail in mailoutbox)
        assert ModelLogEntry.objects.filter(action="safeguarding.joined", object_id=new.pk).exists(), way
    with django_capture_on_commit_callbacks(execute=True):
        mailoutbox.clear()
        make_user("Editors")
        lead.user.save()
    assert mailoutbox == []


def activate_in(user):
    user.groups.add(Group.objects.get(name=GROUP))
    user.is_active = True
    user.save()


def test_the_group_keeps_its_name():
    group, other = Group.objects.get(name=GROUP), Group.objects.get(name="Editors")
    for change in (
        lambda: Group(pk=group.pk, name="Other").save(),
        lambda: Group(pk=other.pk, name=GROUP).save(),
        group.delete,
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            change()
    group.save()
    assert Group.objects.filter(name=GROUP).count() == 1
