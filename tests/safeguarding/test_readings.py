"""What people answer about the version that they were shown: what it is about, and what follows from it."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log

from media.cleaning import CleanFile
from media.models import CleanDocument
from publishing.checks import find_errors
from safeguarding import decisions, gate, policies, reading_start, retention, withdrawal_models, writers
from safeguarding.models import Consent, Decision, Reading, SecondReader
from safeguarding.reading_answers import record as record_answers
from safeguarding.releases import is_held, recompute, report_again
from safeguarding.withdrawal import carry_out, forgetting
from stories.models import StoryPage, StoryPerson
from tests.support import builders, translations
from tests.support.leads import ANSWERS, address, errors_of
from tests.support.people import (
    ALL_AGREED,
    answer,
    days_from_today,
    decide,
    is_read,
    make_agreeing_person,
    make_story_about,
    record,
    rows_of,
)
from tests.support.readings import make_reading
from tests.support.undone import undone

WANTS, NEED_NOT = {"final_text": "yes"}, {"final_text": "no"}
EACH = ["website", "languages", "social", "print", "fundraising", "partners"]
HER_WORDS = "Not the name of the river."


def agreed_story(event=NEED_NOT, **fields):
    """Return a live story whose person agreed to this version. A picture in it shows the person."""
    person = make_agreeing_person(event)
    image = builders.make_image(shows="person", is_recognisable=False)
    image.people.set([person])
    story = make_story_about(person, lead_image=image, lead_image_alt="Somebody", live=False, **fields)
    answer(story, person)
    story.latest_revision.publish()
    return StoryPage.objects.get(pk=story.pk)


def change(story, naming=1, **fields):
    """Store a draft of `story` with these `fields`, or with how it names the person. Return it."""
    rows = rows_of(story.story_people.get().contributor, naming=naming)
    return builders.save_draft(story, story_people=rows, **fields)


def yes(reading, **others):
    """Return the answers to all questions: yes, but for `others`, {question: answer}."""
    return {key: [others.get(key, "yes"), ""] for key, _label in reading.questions}


# --- What an answer is about ----------------------------------------------------------------------


def edit(find, **fields):
    """Return a function that takes a story, and edits what `find` returns for it."""
    return lambda story: builders.save_with(find(story), **fields)


def picture(**fields):
    return edit(lambda story: story.lead_image, **fields)


def text(**fields):
    return lambda story: change(story, **fields).publish()


VOIDS = {
    "theme": (edit(lambda story: story.story_themes.get().theme, name="Renamed"), False),
    "author": (edit(lambda story: story.story_authors.get().author, name="Renamed"), False),
    "credit": (picture(credit="Lantern Road"), False),
    "layout and options": (text(show_contents=True, show_leave_quickly=False, slug="elsewhere"), False),
    "word": (text(summary="It was told anew."), True),
    "naming": (text(naming=2), True),
    "authors": (text(story_authors=[]), True),
    "file": (picture(file=CleanFile(builders.picture_bytes(50, 50), ".png")), True),
    "recognisable": (picture(is_recognisable=True), True),
    "crop": (picture(focal_point_x=5, focal_point_y=5, focal_point_width=5, focal_point_height=5), True),
    "document": (edit(lambda _story: CleanDocument.objects.get(), file=CleanFile(b"Other.", ".txt")), True),
}


@pytest.mark.parametrize("name", VOIDS)
def test_only_what_concerns_the_person_voids_a_yes(name):
    act, voids = VOIDS[name]
    paper = {"type": "document", "value": {"document": builders.make_document().pk, "title": "Paper"}}
    story = agreed_story(WANTS, themes=["Work"], authors=["Staff"], body=[paper])
    if name in {"word", "naming", "authors"}:
        with pytest.raises(ValidationError, match="wants to see this version first"):
            act(story)
        assert is_read(story), "the version that was agreed to stays"
        answer(story, story.story_people.get().contributor)
        story.get_latest_revision().publish()
    else:
        act(StoryPage.objects.get(pk=story.pk))
        assert is_read(story) is not voids


def test_what_gets_past_the_check_is_held():
    story = agreed_story(WANTS)
    StoryPage.objects.filter(pk=story.pk).update(summary="It was told anew.")
    report_again([story.pk])
    assert not is_read(story)
    recompute([story.pk])
    assert not is_read(story), "neither after a change of the person"


@pytest.mark.parametrize("final_text", ["yes", "", *sorted(gate.UNSEEN)])
def test_a_no_holds_the_version_at_once_and_asks_for_the_next(final_text):
    story = agreed_story()
    person = story.story_people.get().contributor
    record(person, **ALL_AGREED | {"final_text": final_text, "proceedings": True})
    decide(story, person, "proceedings")

    def copy_as(slug):
        copy = story.copy(to=story.get_parent(), update_attrs={"slug": slug}, keep_live=True)
        decide(copy, person, "proceedings")
        return copy

    older = copy_as("older")
    translation = story.copy_for_translation(translations.make_index_in("fr", slug="liste").locale)
    assert (not is_held(story), not is_held(older)) == (True, final_text in gate.UNSEEN)
    reading = make_reading("here", story=story)
    record_answers(reading, yes(reading, words="change"))
    assert not is_read(story), "and no decision replaces it"
    with undone():
        StoryPage.objects.get(pk=story.pk).delete()
        recompute([older.pk])
        assert is_held(older), "also if the page is deleted"
        translation.summary = "It was told anew, elsewhere."
        assert "wants to see this version first" in str(find_errors(translation))
        assert not StoryPage(people="none").report_people().waits, "but about no new page"
    copy = copy_as("again")
    assert is_held(copy), "the same words elsewhere"
    copy.summary = "It was told anew, elsewhere."
    assert "wants to see this version first" in str(find_errors(copy))
    with undone():
        StoryPerson.objects.filter(page=story).delete()
        listed = builders.save_with(StoryPage.objects.get(pk=story.pk), check=False, people="none")
        assert listed.report_people().waits, "also without the person in the list"
    revision = change(story, summary="It was told anew.")
    Decision.objects.create(
        page=story, revision=revision, contributor=person, ground="proceedings", ends_on=days_from_today(9)
    )
    with pytest.raises(ValidationError, match="wants to see this version first"):
        revision.publish()
    reading = make_reading("here", story=StoryPage.objects.get(pk=story.pk))
    record_answers(reading, yes(reading))
    revision.publish()
    assert is_read(story)


def test_a_no_counts_for_an_older_copy_and_for_a_copy_of_a_translation():
    story = agreed_story()
    older = story.copy(to=story.get_parent(), update_attrs={"slug": "older"})
    translation = story.copy_for_translation(translations.make_index_in("fr", slug="liste").locale)
    translation = builders.save_with(translation, summary="Elle est rentrée.")
    reading, user = make_reading("here", story=story), builders.make_user("Editors")
    record_answers(reading, yes(reading, words="no"), user)
    Reading.objects.update(started_at=timezone.now() - timedelta(days=9))
    for copy in (older, translation.copy(to=translation.get_parent(), update_attrs={"slug": "copie"})):
        copy.summary = "It was told anew."
        assert "wants to see this version first" in str(find_errors(copy))
    assert not reading_start.handed_over_at(user), "a copy hands nothing over"


def test_a_no_asks_anew_whether_nobody_is_in_the_live_version():
    story = builders.make_story(people="none")
    writers.say_right(decisions.find_versions(story)[-1], None)
    person = make_agreeing_person(WANTS)
    builders.save_draft(story, people="listed", story_people=rows_of(person))
    reading = make_reading("here", story=StoryPage.objects.get(pk=story.pk), contributor=person)
    assert is_read(story)
    record_answers(reading, {"everything": ["no", ""]})
    assert not is_read(story)
    builders.save_draft(story, people="none", story_people=[]).publish()
    assert not is_read(story), "not even in the words that a lead said are about nobody"
    writers.say_right(decisions.find_versions(StoryPage.objects.get(pk=story.pk))[-1], None)
    assert is_read(story)


# --- Recording it ---------------------------------------------------------------------------------


def test_questions_are_about_what_is_shown():
    keys = [key for key, _label in make_reading("here", story=agreed_story()).questions]
    assert keys == ["words", "pictures", "name", *EACH]
    unnamed = make_story_about(make_agreeing_person(), naming=0)
    assert [key for key, _label in make_reading("here", story=unnamed).questions] == ["words", *EACH]


GIVEN = ["website", "languages", "print"]
FOLLOWS = [
    *(({}, True, GIVEN), ({"words": "change"}, False, GIVEN), ({"name": "no"}, False, GIVEN)),
    *(({"print": "no", "social": "no"}, True, GIVEN[:2]), ({"website": "no"}, False, GIVEN[1:])),
    *(({"languages": "no"}, True, ["website", "print"]), ({"everything": "no"}, False, [])),
]


@pytest.mark.parametrize(("answers", "agrees", "where"), FOLLOWS)
def test_what_follows_from_the_answers(answers, agrees, where):
    story = agreed_story({"where": GIVEN, "evidence_held_at": "A cupboard"})
    before, user = story.story_people.get().contributor.latest_consent, builders.make_user(policies.GROUP)
    other = make_story_about(before.contributor)
    reading = make_reading("here", story=story, interpreter=True)
    Reading.objects.update(user=user)
    given = {"everything": ["no", ""]} if "everything" in answers else yes(reading, **answers)
    record_answers(reading, given)
    reading.refresh_from_db()
    consent = before.contributor.latest_consent
    assert (reading.agrees, consent.where, is_read(story)) == (agrees, where, agrees)
    assert is_read(other) is ("website" in where), "a use that was taken back is taken back everywhere"
    if where != before.where:
        assert (consent.event, consent.recorded_by, consent.interpreter) == ("changed", user, True)
        same = ("given_by", "picture", "naming", "final_text", "ends_on", "evidence_held_at")
        assert all(getattr(consent, name) == getattr(before, name) for name in same)
    else:
        assert consent == before
    # After a restore, the same is agreed to, and after a no to the version, its pages wait for a lead too.
    kept = [each.limits.get("where") for each in withdrawal_models.Restriction.objects.all()]
    assert kept == [where] * (where != before.where) + [None] * (not agrees)


def test_what_is_taken_back_leaves_a_consent_that_waits(lead):
    reading, user = make_reading("here"), builders.make_user("Editors")
    proposal = ANSWERS | {"where": ["website", "print"], "names": "Amina"}
    person = reading.contributor
    person.proposal, person.proposed_by, person.proposed_at = json.dumps(proposal), user, timezone.now()
    person.save()
    record_answers(reading, yes(reading, print="no"))
    form = builders.parse(lead.get(address(person, "consent")))
    assert [each["value"] for each in form.select("[name=where][checked]")] == ["website"]
    person.refresh_from_db()
    assert person.proposed == proposal | {"where": ["website"]}


def test_a_translation_needs_a_yes_to_other_languages():
    original, section = make_story_about(make_agreeing_person()), translations.make_index_in("fr")
    reading = make_reading("here", story=original.copy_for_translation(section.locale))
    record_answers(reading, yes(reading, languages="no"))
    assert Reading.objects.get(pk=reading.pk).agrees is False


def answer_anew(reading):
    """Answer a newer reading of the same version with a no."""
    newer = make_reading("paper", story=reading.page.specific)
    record_answers(newer, yes(newer, words="no"))


REFUSED = {
    "answered": lambda reading, _: record_answers(reading, yes(reading)),
    "ended": lambda *_: Reading.objects.update(ends_at=timezone.now()),
    "another version": lambda reading, _: change(reading.page.specific, summary="Told anew.").publish(),
    "deleted": lambda *_: Reading.objects.all().delete(),
    "no key": lambda _, settings: setattr(settings, "SAFEGUARDING_KEYS", []),
    "an older sheet": lambda reading, _: answer_anew(reading),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_can_not_be_answered_any_more(why, settings):
    reading = make_reading("here")
    answers = yes(reading)
    REFUSED[why](reading, settings)
    with pytest.raises(ValueError, match="any more|has changed"):
        record_answers(reading, answers)


@pytest.mark.parametrize("wrong", [{"print": "change"}, {"words": "maybe"}, {"other": "yes"}, None])
def test_other_answers_are_refused(wrong):
    reading = make_reading("here")
    answers = yes(reading) | {key: [each, ""] for key, each in (wrong or {}).items()}
    with pytest.raises(ValueError, match="answer"):
        record_answers(reading, answers if wrong else {})
    assert Reading.objects.get().agrees is None


def test_the_words_are_nowhere_but_encrypted(lead, caplog, django_capture_on_commit_callbacks, settings):
    reading = make_reading("here", story=agreed_story(title="Amina came home"))
    with django_capture_on_commit_callbacks(execute=True):
        record_answers(reading, yes(reading) | {"words": ["change", HER_WORDS]})
    [sent] = [each for each in mail.outbox if "was shown a page" in each.body]
    assert not any(each in sent.subject + sent.body + caplog.text for each in (HER_WORDS, "Amina"))
    assert json.loads(Reading.objects.get(pk=reading.pk).answers)["words"] == ["change", HER_WORDS]
    line = f"wants a change: the words – {HER_WORDS}"
    person = reading.contributor
    printed = lead.post(address(person, "print"), {"reason": "request"}).text
    assert (line in lead.get("/admin/").text, line in printed) == (True, True)
    overview = lead.get(address(person, "inspect")).text
    assert ("wants a change: the words" in overview, HER_WORDS in overview) == (True, False)
    log(lead.user, policies.NAMES_CLOSED)
    desk = lead.get("/admin/").text
    assert ("wants a change: the words" in desk, HER_WORDS in desk) == (True, False)


def test_desk_lists_what_is_written_beside_a_yes_from_the_day_of_the_answer(lead):
    reading, line = make_reading("paper"), "said yes, and wrote something: the words"
    record_answers(reading, yes(reading) | {"words": ["yes", HER_WORDS]})
    Reading.objects.update(started_at=timezone.now() - timedelta(days=61))
    assert f"{line} – {HER_WORDS}" in lead.get("/admin/").text
    reading.page.specific.delete()
    assert line not in lead.get("/admin/").text, "not about what is deleted"
    overview = lead.get(address(reading.contributor, "inspect")).text
    assert (line in overview, HER_WORDS in overview) == (True, False)


# --- What is said of it in the admin --------------------------------------------------------------


def test_a_second_reader_who_agrees_stands_in_for_who_wrote_it(lead):
    story = make_story_about(make_agreeing_person({"given_by": "guardian"}, kind="child"), live=False)
    builders.save_with(story, check=False, summary="They lived in Kisumu.")
    story.save_revision(user=lead.user, log_action=True)

    def may_decide():
        page = lead.get(reverse("safeguarding_decisions:page", args=[story.pk]))
        return bool(builders.parse(page).select("[name=question]"))

    assert not may_decide()
    # A yes of somebody else overcomes no no.
    for name, said, may in [("ruth", "no", False), ("amos", "yes", False), ("Ruth", "yes", True)]:
        reader = SecondReader.objects.create(page=story, contact=f"{name}@example.net", user=lead.user)
        record_answers(make_reading(story=story, second_reader=reader), {"right": [said, ""]})
        assert may_decide() is may
    decide(story, story.story_people.get().contributor, "child")
    story.latest_revision.publish()
    SecondReader.objects.update(named_at=timezone.now() - timedelta(days=61))
    forgetting.forget_labels()
    assert (Reading.objects.exists(), Decision.objects.count(), is_read(story)) == (False, 1, True)
    builders.save_draft(story, lead.user, summary="They lived in Mombasa, with Ruth.")
    assert not may_decide()


# --- The promise, and what is left ----------------------------------------------------------------


@pytest.mark.parametrize("final_text", Consent.FinalText)
def test_the_form_asks_each_time_and_keeps_a_promise(lead, final_text):
    person = make_agreeing_person({"final_text": final_text, "link_is_safe": True})
    form = builders.parse(lead.get(address(person, "consent")))
    ticked = form.select("[name=final_text][checked], [name=link_is_safe][checked]")
    assert [each["value"] for each in ticked] == (["yes"] if final_text == "yes" else [])
    assert "final_text" in errors_of(lead.post(address(person, "consent"), ANSWERS | {"final_text": ""}))
    lead.post(address(person, "consent"), ANSWERS | {"final_text": "unreachable", "link_is_safe": "on"})
    shown = " ".join(builders.parse(lead.get(address(person, "inspect"))).text.split())
    assert "The person can't be reached · a link may be sent" in shown


def test_answers_go_with_the_names_and_with_a_withdrawal(settings):
    story = agreed_story()
    reading = make_reading("here", story=story)
    story.story_people.add(StoryPerson(contributor=make_agreeing_person(), naming=1))
    story.save_revision()
    record_answers(reading, yes(reading) | {"words": ["no", HER_WORDS]})
    person, rows = reading.contributor, Reading.objects.filter(pk=reading.pk)
    forgetting.forget_labels()
    assert HER_WORDS in rows.get().answers
    rows.update(answered_at=timezone.now() - timedelta(days=400))
    forgetting.forget_labels()
    assert rows.get().answers == "", "after a year"
    rows.update(answers=HER_WORDS)
    type(person).objects.filter(pk=person.pk).update(names="Amina")
    record(person, ends_on=days_from_today(-9))
    settings.NAMES_KEPT_MONTHS = 0
    person.notices.create(step="deletion", day=days_from_today(-9), sent_on=days_from_today(-40))
    retention.delete_names()
    assert rows.get().answers == "", "with the names"
    carry_out.withdraw(person)
    assert StoryPage.objects.filter(pk=story.pk).exists(), "held, because somebody else is in it"
    assert not person.readings.exists()
