"""The pages of the safeguarding team: recording a person and a consent, renewing it, taking a person down."""

import datetime

import pytest
from django.test import Client
from wagtail.models import ModelLogEntry

from caching.local_date import today
from editing.people.consent_form import PersonConsentForm
from editing.people.forms import PersonForm, RestrictedForm
from safeguarding.models import Contributor
from safeguarding.scopes import NO_END, Channel
from safeguarding.status import Status, add_months
from tests.support.builders import make_story, parse
from tests.support.leads import ADD, ANSWERS, PERSON, SECRET, address, errors_of
from tests.support.people import days_from_today, make_agreeing_person, make_person, make_story_about

pytestmark = pytest.mark.sqlite_only


# --- Recording ------------------------------------------------------------------------------------


def test_person_and_consent_are_recorded_in_two_forms(lead):
    lead.post(ADD, PERSON)
    person = Contributor.objects.get()
    page = parse(lead.get(address(person, "consent")))
    fields = page.select("#w-editor-form .w-field__wrapper")
    assert len(fields) == len(PersonConsentForm(instance=person, for_user=lead.user).visible_fields())
    # The form answers only these for the lead: an adult agrees alone, and with the least: in no picture, and
    # not named (0).
    answered = page.select("input[type=radio][checked], input[type=checkbox][checked]")
    answers = [("given_by", "self"), ("picture", "0"), ("voice", "0"), ("naming", "0")]
    assert [(each["name"], each["value"]) for each in answered] == answers
    response = lead.post(address(person, "consent"), ANSWERS | {"ends_on": ""}, follow=True)
    consent = person.consents.get()
    assert (person.names, person.role, person.kind) == (PERSON["names"], "tells", "adult")
    assert (consent.event, consent.recorded_by) == ("given", lead.user)
    assert consent.ends_on == datetime.date(2028, 1, 31), "two years later"
    assert (consent.picture, consent.naming, consent.where) == (1, 1, ["website", "print"])
    assert (consent.proceedings, consent.in_programme) == (False, False)
    assert (consent.explained, consent.interpreter, consent.final_text) == (True, True, "no")
    assert consent.evidence_held_at == ANSWERS["evidence_held_at"]
    assert person.code in response.text
    assert SECRET not in response.text


BY_GUARDIAN = {"given_by": "guardian"}
CHILDREN_AGREE, ADULTS_AGREE = "A child can agree only together with a guardian.", "Ask the adult."
# (field with the error, what differs from a complete form, text of the error)
MISSING = [
    ("adult_on", {"kind": "child"} | BY_GUARDIAN, "Say when the child will be 18."),
    # The day after the person agreed.
    ("given_by", {"kind": "child", "adult_on": "2026-02-01"}, CHILDREN_AGREE),
    ("given_by", {"kind": "group", "has_children": "True"}, CHILDREN_AGREE),
    ("given_by", {"kind": "group", "has_children": "False"} | BY_GUARDIAN, ADULTS_AGREE),
    ("given_by", BY_GUARDIAN, ADULTS_AGREE),
    ("has_children", {"kind": "group"} | BY_GUARDIAN, "Say whether there are children in the group."),
    ("given_on", {"given_on": "2199-01-01"}, "This day is in the future."),
    ("where", {"where": []}, "This field is required."),
    ("proceedings", {"proceedings": ""}, "This field is required."),
    ("in_programme", {"in_programme": "perhaps"}, "Select a valid choice."),
]


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_stored(lead):
    person = make_person(kind="")
    for field, answers, text in MISSING:
        response = lead.post(address(person, "consent"), PERSON | ANSWERS | answers)
        errors = errors_of(response)
        assert text in errors[field], field
        assert set(errors) - {""} == {field}
        assert PERSON["names"] in response.text, "what was typed is still there"
    assert Contributor.objects.get().kind == "" and not person.consents.exists()


def test_form_that_was_opened_before_undoes_no_change_at_once(lead):
    child = make_person(kind="child", adult_on=days_from_today(900))
    form = parse(lead.get(address(child, "edit")))
    data = {each["name"]: each["value"] for each in form.select("form input[type=hidden]")}
    data |= {"kind": "child", "role": "tells", "adult_on": str(child.adult_on), "keep_until": ""}
    assert lead.post(address(child, "edit"), data | {"adult_on": str(today())}).status_code == 302
    response = lead.post(address(child, "edit"), data)
    assert "What is stored has changed since you opened this form" in response.text
    assert Contributor.objects.get().adult_on == today()


def test_somebody_who_does_not_tell_the_story_needs_no_consent_to_be_recorded(lead):
    response = lead.post(ADD, {"kind": "adult", "role": "accused", "protected_words": SECRET})
    person = Contributor.objects.get()
    assert response.url == address(person, "inspect")
    assert (person.role, person.get_status(), person.protected_words) == ("accused", Status.NONE, SECRET)
    make_story("Hers", summary=f"From {SECRET}")
    places = lead.post(ADD, {"kind": "adult", "role": "accused", "names": SECRET}).text
    assert "Story: Hers" in places, "names of a new person that are live already are listed"


# --- Renewing -------------------------------------------------------------------------------------


def test_consent_ends_within_ten_years(lead):
    """A picture whose people agreed until NO_END would count as one of nobody."""
    person = make_agreeing_person()
    last = add_months(today(), 120)
    late = last + datetime.timedelta(days=1), "Choose a day within ten years."
    for day, error in ((NO_END, "Choose a year between 1900 and 2200."), late, (last, None)):
        answers = ANSWERS | {"given_on": str(today()), "ends_on": str(day)}
        assert errors_of(lead.post(address(person, "consent"), answers)).get("ends_on") == error
    assert person.last_day == last


def test_renewal_keeps_the_answers_and_asks_two_again(lead):
    """It asks again about legal proceedings and about programmes, which may have begun or ended."""
    person = make_agreeing_person({"picture": 1, "naming": 1, "ends_on": days_from_today(5)})
    form = parse(lead.get(address(person, "consent")))
    kept = {each["name"]: each["value"] for each in form.select("input[type=radio][checked]")}
    assert kept == {"given_by": "self", "picture": "1", "voice": "2", "naming": "1"}
    kept["where"] = [each["value"] for each in form.select("input[name=where][checked]")]
    assert kept["where"] == Channel.values
    answers = ANSWERS | kept | {"given_on": str(today())}
    response = lead.post(address(person, "consent"), answers | {"ends_on": ""}, follow=True)
    assert f"{person.code}: Agreed until" in response.text
    lead.post(address(person, "consent"), answers | {"naming": "0", "ends_on": str(days_from_today(200))})
    person.consents.create(event="withdrawn")
    lead.post(address(person, "consent"), answers)
    events = list(person.consents.values_list("event", "naming"))
    assert events == [("given", 1), ("renewed", 1), ("changed", 0), ("withdrawn", 0), ("given", 1)]
    assert person.consents.all()[2].ends_on == days_from_today(200)
    page = lead.get(address(person, "inspect"))
    history = [each.text.split(":")[0] for each in parse(page).select(".safeguarding__consent h3")]
    assert history == ["Given", "Withdrawn", "Changed", "Renewed", "Given"]


# --- Taking down ----------------------------------------------------------------------------------


def test_what_is_taken_down_is_gone_at_the_next_request_and_can_be_brought_back(lead):
    person, other = make_agreeing_person(), make_agreeing_person()
    story, kept = make_story_about(person, other), make_story_about(other)
    visitor = Client()

    def seen():
        return [visitor.get(each.url).status_code == 200 for each in (story, kept)]

    assert seen() == [True, True]
    for _twice in range(2):  # The second one changes nothing, and is not logged.
        lead.post(address(person, "take_down"))
    assert seen() == [False, True]
    lead.post(address(person, "bring_back"), {"back_note": "Yes."})
    assert seen() == [True, True]
    logged = ModelLogEntry.objects.filter(object_id=person.pk, user=lead.user).order_by("pk")
    actions = logged.filter(action__startswith="safeguarding").values_list("action", "label")
    names = ("safeguarding.take_down", "safeguarding.bring_back")
    assert list(actions) == [(name, person.code) for name in names]


def test_a_hold_survives_what_was_loaded_before(lead):
    person = make_agreeing_person(names=SECRET)
    data = {"kind": "group", "has_children": "False", "role": "tells", "names": "Other"}
    forms = [form(data, instance=Contributor.objects.get()) for form in (PersonForm, RestrictedForm)]
    lead.post(address(person, "take_down"))
    for form in forms:
        assert form.is_valid()
        form.save()
    person.refresh_from_db()
    assert (person.kind, person.has_children) == ("group", False)
    assert (person.names, person.get_status()) == ("Other", Status.HELD)
