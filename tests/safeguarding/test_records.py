"""People and consents: the status on each day, events that are never changed, encryption, and access."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.second_factor import is_required
from safeguarding import encryption, keys
from safeguarding.models import Consent, Contributor
from safeguarding.status import Status
from tests.support.builders import make_user, save_with
from tests.support.people import make_person

DAY = datetime.date(2026, 11, 26)
# A key for SAFEGUARDING_KEYS: 32 bytes in base64.
OTHER_KEY = "b3RoZXIta2V5LW9mLXRoZS10ZXN0cy1vZi0zMi1ieXQ="


def days(number):
    return DAY + datetime.timedelta(days=number)


ENDS = {"given_on": days(-300), "ends_on": days(100)}
NONE, ACTIVE, ENDS_SOON, ENDED = Status.NONE, Status.ACTIVE, Status.ENDS_SOON, Status.ENDED
BY_GUARDIAN = ENDS | {"given_by": "guardian"}
# {case: (fields of the person, events, [(day, status)])}
# Days are numbers, counted from DAY. A consent ends soon from 60 days before its last day.
CHILD, BY_18 = {"kind": "child", "adult_on": days(50)}, {"kind": "child", "adult_on": datetime.date.min}
STATUSES = {
    "no event": ({}, [], [(0, NONE)]),
    "active, then over": ({}, [ENDS], [(39, ACTIVE), (40, ENDS_SOON), (100, ENDS_SOON), (101, ENDED)]),
    "the last event counts": ({}, [ENDS, {"event": "withdrawn"}], [(0, Status.WITHDRAWN)]),
    "given again after a withdrawal": ({}, [{"event": "withdrawn"}, ENDS], [(0, ACTIVE)]),
    "not given yet": ({}, [ENDS | {"given_on": days(9)}], [(8, NONE), (9, ACTIVE)]),
    "held": ({"held_since": "2026-01-01T00:00Z"}, [ENDS], [(0, Status.HELD)]),
    "a guardian's": (CHILD, [BY_GUARDIAN], [(-12, ACTIVE), (-11, ENDS_SOON), (49, ENDS_SOON), (50, ENDED)]),
    "a guardian's, with an impossible day": (BY_18, [BY_GUARDIAN], [(0, ENDED)]),
    "a guardian's, for an adult": ({"kind": "adult"}, [BY_GUARDIAN], [(0, ENDED)]),
    "a guardian's, for adults": ({"kind": "group", "has_children": False}, [BY_GUARDIAN], [(0, ENDED)]),
    "their own, beyond 18": (CHILD, [ENDS], [(50, ENDS_SOON), (100, ENDS_SOON)]),
}


@pytest.mark.parametrize("case", STATUSES)
def test_status_on_each_day(case):
    fields, events, expected = STATUSES[case]
    person = make_person(*events, **fields)
    assert [(day, person.get_status(days(day))) for day, _status in expected] == expected


def test_consent_ends_after_the_usual_time():
    for fields, given_on, last_day in (
        ({"kind": "adult"}, "2024-02-29", "2026-02-28"),
        ({"kind": "group", "has_children": False}, "2026-12-31", "2028-12-31"),
        ({"kind": "group"}, "2026-12-31", "2027-12-31"),
        ({"kind": "child"}, "2024-02-29", "2025-02-28"),
    ):
        consent = make_person({"given_on": datetime.date.fromisoformat(given_on)}, **fields).latest_consent
        assert str(consent.ends_on) == last_day, fields


def test_events_are_only_added():
    consent, rows = make_person(ENDS).latest_consent, Consent.objects.all()
    consent.naming = 2
    for change in (consent.save, consent.delete, lambda: rows.update(naming=2), rows.delete):
        with pytest.raises(TypeError):
            change()
    assert Consent.objects.get().naming == 0


def test_restricted_texts_are_encrypted(settings, tmp_path):
    """test_restricted.py looks for them in the tables."""
    texts = dict.fromkeys(Contributor.RESTRICTED_FIELDS, "Amina-of-the-tests")
    person = make_person({"evidence_held_at": "Amina-of-the-tests"}, **texts)
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "safeguarding", output=str(dump))
    assert "Amina" not in dump.read_text() + str(person) + str(person.latest_consent)
    call_command("loaddata", str(dump))
    assert Contributor.objects.get().names == "Amina-of-the-tests"
    # A new key encrypts, and the former one still decrypts.
    settings.SAFEGUARDING_KEYS = [OTHER_KEY, *settings.SAFEGUARDING_KEYS]
    assert Contributor.objects.get().names == "Amina-of-the-tests"


@pytest.mark.parametrize("other_keys", [[], [OTHER_KEY]])
def test_without_the_key_nothing_is_lost(settings, other_keys):
    person = make_person(names="Amina-of-the-tests")
    keys.refuse_wrong_keys()  # The first call encrypts a text, by which later calls know the right key.
    right_keys = settings.SAFEGUARDING_KEYS
    settings.SAFEGUARDING_KEYS = other_keys
    unreadable = Contributor.objects.get()
    assert isinstance(unreadable.names, encryption.UnreadableText)
    assert unreadable.names == ""
    save_with(unreadable, kind="group")
    if other_keys:
        with pytest.raises(SystemExit, match=r"^SAFEGUARDING_KEYS holds another key"):
            keys.refuse_wrong_keys()
    else:
        keys.refuse_wrong_keys()
        unreadable.names = "Another name"
        with pytest.raises(ValidationError, match="key"):
            unreadable.full_clean()
    settings.SAFEGUARDING_KEYS = right_keys
    assert Contributor.objects.get(pk=person.pk).names == "Amina-of-the-tests"
    keys.refuse_wrong_keys()


def test_keys_are_rotated(settings):
    person = make_person({"evidence_held_at": "Amina-of-the-tests"}, names="Amina-of-the-tests")
    keys.refuse_wrong_keys()
    old_keys = settings.SAFEGUARDING_KEYS
    # Without the old key, no text can be encrypted again with the new one.
    settings.SAFEGUARDING_KEYS = [OTHER_KEY]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_safeguarding_keys")
    settings.SAFEGUARDING_KEYS = [OTHER_KEY, *old_keys]
    call_command("rotate_safeguarding_keys")
    settings.SAFEGUARDING_KEYS = [OTHER_KEY]
    assert Contributor.objects.get().names == Consent.objects.get().evidence_held_at == "Amina-of-the-tests"
    keys.refuse_wrong_keys()

    # The key of the stored texts is lost: the site deletes them, and goes on with another key.
    settings.SAFEGUARDING_KEYS = old_keys
    call_command("rotate_safeguarding_keys", "--delete-unreadable")
    assert not isinstance(Contributor.objects.get(pk=person.pk).names, encryption.UnreadableText)
    assert Contributor.objects.get(pk=person.pk).names == ""
    keys.refuse_wrong_keys()


@pytest.mark.parametrize(("local", "expected"), [(False, True), (True, False)])
def test_leads_need_a_second_factor_in_production(settings, local, expected):
    settings.LOCAL, settings.SECOND_FACTOR = local, "NOBODY"
    assert is_required(make_user("Safeguarding")) == expected
    assert not is_required(make_user("Editors"))
