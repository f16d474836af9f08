"""The scheduled work about people: mails before a consent ends, and the deletion of names."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import pre_save
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from safeguarding import policies, retention
from safeguarding.leak_check.hits import LIMIT, find_many
from safeguarding.leak_check.hits import record as record_hits
from safeguarding.models import Contributor, LeakHits, Notice
from safeguarding.reminders import send_reminders
from safeguarding.withdrawal.forgetting import forget_labels
from tests.support import builders, signing_in
from tests.support.leads import ANSWERS, address, make_live_story
from tests.support.people import ALL_AGREED, decide, make_person, make_story_about, record

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
DAY = NOON.date()
# The number of days after which the names of somebody are deleted whose consent ends ten days after DAY.
DUE = (datetime.date(2027, 6, 11) - DAY).days
SECRET = "Amina-of-the-tests"


def days(number):
    return DAY + datetime.timedelta(days=number)


@pytest.fixture(autouse=True)
def clock(time_machine):
    """A function that sets the time to NOON, `number` days after DAY. It is DAY at the beginning."""
    time_machine.move_to(NOON)
    return lambda number: time_machine.move_to(NOON + datetime.timedelta(days=number))


@pytest.fixture(autouse=True)
def leads():
    """Two members of the safeguarding team, who get the mails."""
    return [builders.make_user(policies.GROUP), builders.make_user(policies.GROUP)]


def make_ending(number, **fields):
    """Return a new person whose consent ends `number` days after DAY."""
    event = {"given_on": days(-300), "ends_on": days(number)}
    return make_person(event, **{"names": SECRET, "contact": SECRET} | fields)


def run_each_day(clock, mailoutbox, until):
    """Run the reminders on each day up to `until`, and return the days on which mails were sent."""
    found = []
    for number in range(until + 1):
        clock(number)
        mailoutbox.clear()
        for _twice in range(2):
            send_reminders()
        if mailoutbox:
            found.append(number)
            assert len(mailoutbox) == 2, "one for each lead, once"
    return found


def test_mails_are_sent_once_at_each_step(clock, mailoutbox):
    person = make_ending(100)
    # 60, 30 and 7 days before the last day, which is day 100, and on the day after it.
    assert run_each_day(clock, mailoutbox, 130) == [40, 70, 93, 101]
    assert person.notices.count() == 4
    # After a renewal the steps begin anew. The first one is due 60 days before the end, and not 61.
    clock(131)
    record(person, event="renewed", given_on=days(131), ends_on=days(131 + 61))
    send_reminders()
    assert person.notices.count() == 4
    clock(132)
    send_reminders()
    assert person.notices.order_by("pk").values_list("step", "day").last() == ("60", days(192))


def test_end_of_a_decision_is_announced_like_that_of_a_consent(clock, mailoutbox, client, leads):
    story = make_live_story({"proceedings": True, "ends_on": days(900)})
    decide(story, person := Contributor.objects.get(), "proceedings", 100)
    assert run_each_day(clock, mailoutbox, 100) == [40, 70, 93]
    client.force_login(leads[0])
    assert "Decided until 9 September 2026." in client.get("/admin/").text
    clock(101)
    send_reminders()
    assert f"{person.code}: The decision ended on 9 September 2026." in mailoutbox[0].body


def test_mails_name_people_by_their_codes_in_the_language_of_the_lead(mailoutbox, leads):
    UserProfile.objects.create(user=leads[1], preferred_language="fr")
    person = make_ending(10)
    send_reminders()
    english, french = mailoutbox if mailoutbox[0].to == [leads[0].email] else mailoutbox[::-1]
    assert f"{person.code}: Agreed until 11 June 2026. Please ask again before then." in english.body
    assert "11 juin 2026" in french.body
    assert all(SECRET not in mail.body + mail.subject for mail in mailoutbox)


class Mailbox(LocmemBackend):
    """A mail backend that notes whether notices are stored and which transactions are open while it sends."""

    seen = []

    def send_messages(self, messages):
        is_told = Notice.objects.exists()
        self.seen.append((is_told, [block for block in connection.atomic_blocks if not block._from_testcase]))
        return super().send_messages(messages)


def test_no_transaction_is_open_while_a_mail_is_sent(settings, mailoutbox):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.Mailbox"}}
    make_ending(10)
    send_reminders()
    record_hits(builders.make_user("Editors"), LIMIT + 1)
    assert Mailbox.seen == [(True, [])] * len(mailoutbox)
    assert len(mailoutbox) == 4, "both mails for each lead"


def test_a_mail_that_was_not_sent_is_sent_later(settings, mailoutbox):
    person = make_ending(10)
    settings.SENDS_MAIL = False
    send_reminders()
    settings.SENDS_MAIL = True
    mailers, settings.MAILERS = settings.MAILERS, signing_in.DEAD_MAIL_SERVER
    send_reminders()
    record_hits(user := builders.make_user("Editors"), LIMIT + 1)
    assert not person.notices.exists()
    settings.MAILERS = mailers
    send_reminders()
    record_hits(user, 1)
    assert len(mailoutbox) == 4, "both mails for each lead"


def test_few_places_a_day_are_told_when_they_are_many_in_a_week(clock, mailoutbox):
    user, told = builders.make_user("Editors"), []
    for number in range(4):
        clock(number)
        record_hits(user, LIMIT - 1)
        told.append(len(mailoutbox))
    assert told == [0, 0, 2, 4], "each lead, once a day"
    assert len(find_many()) == 4
    clock(12)
    record_hits(user, LIMIT - 1)
    assert (len(mailoutbox), len(find_many())) == (4, 0)
    # Rows older than 90 days are deleted.
    for number, days_counted in ((3 + 90, 3), (3 + 91, 3)):
        clock(number)
        record_hits(user, 1)
        assert LeakHits.objects.count() == days_counted


# {case: (events after the first one, fields of the person, the day on which the names are deleted, or None)}
# The consent ends on 11 June 2026. The names are deleted a year after its end.
WITHDRAWN = [{"event": "withdrawn", "given_on": days(0)}]
CASES = {
    "ended": ([], {}, datetime.date(2027, 6, 11)),
    "withdrawn": (WITHDRAWN, {}, datetime.date(2027, 6, 1)),
    "kept for longer": ([], {"keep_until": datetime.date(2027, 12, 1)}, datetime.date(2027, 12, 1)),
    "kept for a shorter time": ([], {"keep_until": datetime.date(2026, 12, 1)}, datetime.date(2027, 6, 11)),
    "renewed": ([{"event": "renewed", "given_on": days(0), "ends_on": days(9000)}], {}, None),
    "held": ([], {"held_since": NOON}, datetime.date(2027, 6, 11)),
    "held and withdrawn": (WITHDRAWN, {"held_since": NOON}, datetime.date(2027, 6, 1)),
    "nothing stored": ([], {"names": "", "contact": ""}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_day_of_deletion(case, clock):
    events, fields, expected = CASES[case]
    person = make_ending(10, **fields)
    for event in events:
        record(person, **event)
    clock(200)  # The first consent has ended.
    assert retention.deletion_day(Contributor.objects.get()) == expected


def test_names_are_deleted_after_the_day_was_announced_for_30_days(clock, mailoutbox, client, leads):
    person = make_ending(10, safe_contact_note=SECRET, protected_words=SECRET)
    clock(DUE - 31)
    send_reminders()
    clock(DUE - 30)
    mailoutbox.clear()
    send_reminders()
    assert "The names and the contact will be deleted on 11 June 2027" in mailoutbox[0].body
    client.force_login(leads[0])
    page, printed = address(person, "inspect"), address(person, "print")
    for response in (client.get(page), client.post(printed, {"reason": "check"})):
        assert "Names and contact will be deleted on 11 June 2027." in response.text
    assert "Will be deleted on 11 June 2027." in client.get("/admin/").text
    # A later day has to be announced again. The scheduler did not run for months.
    Contributor.objects.update(keep_until=datetime.date(2027, 8, 1))
    for number in (DUE + 1, DUE + 101, DUE + 130):
        clock(number)
        retention.delete_names()
        assert Contributor.objects.get().names == SECRET, "announced 29 days ago, and 30 are needed"
        send_reminders()
    clock(DUE + 131)
    retention.delete_names()
    person = Contributor.objects.get()
    assert {getattr(person, name) for name in Contributor.RESTRICTED_FIELDS} == {""}
    assert person.consents.count() == 1
    assert ModelLogEntry.objects.get(action="safeguarding.delete_names").label == person.code


@pytest.mark.parametrize("case", ["no mail server", "no addresses", "no team", "mails fail"])
def test_names_are_deleted_although_no_mail_can_be_sent(case, clock, settings):
    make_ending(10)
    settings.SENDS_MAIL = case != "no mail server"
    settings.MAILERS = {"default": {"BACKEND": "nothing.like.this"}}
    if case == "no team":
        Group.objects.get(name=policies.GROUP).user_set.clear()
    elif case == "no addresses":
        get_user_model().objects.update(email="")
    names = []
    for number in (DUE - 30, DUE, DUE + 30):
        clock(number)
        send_reminders()
        retention.delete_names()
        names.append(Contributor.objects.get().names)
    # Mails that fail are tried until the day of the deletion, which is announced then.
    assert names == [SECRET, SECRET if case == "mails fail" else "", ""]


def test_names_are_deleted_although_those_of_somebody_else_can_not_be(clock):
    failing, other = make_ending(10), make_ending(10)
    clock(460)
    send_reminders()
    clock(495)

    def fail(instance, **_arguments):
        if instance == failing:
            raise OSError

    pre_save.connect(fail, sender=Contributor)
    try:
        with pytest.raises(CommandError, match="failed: names to delete"):
            call_command("run_due_work")
    finally:
        pre_save.disconnect(fail, sender=Contributor)
    assert [Contributor.objects.get(pk=person.pk).names for person in (failing, other)] == [SECRET, ""]


# --- People who were never asked -----------------------------------------------------------------


def test_label_is_deleted_with_the_last_page_unless_somebody_asked(clock):
    unasked, former, asked = people = [make_person(*event, label=SECRET) for event in ([], [], [ALL_AGREED])]
    story = make_story_about(unasked, asked, live=False)
    # Only an earlier version lists this person.
    other = make_story_about(former, live=False)
    other.save_revision(clean=False)
    builders.save_with(other, check=False, story_people=[])
    Contributor.objects.update(proposal="{}")
    clock(1)
    for prepare, left in ((story.save_revision, people), (story.delete, [former, asked])):
        prepare()
        forget_labels()
        assert [each for each in Contributor.objects.order_by("pk") if each.label or each.proposal] == left


def test_first_page_lists_who_was_not_asked_for_30_days(clock, client, leads):
    person = make_person(kind="", label=SECRET)
    for number, is_listed in {29: False, 31: True}.items():
        clock(number)
        client.force_login(leads[0])
        listed = client.get("/admin/").text.partition("Added to a page, and not asked yet")[2]
        assert (person.code in listed) == is_listed
    assert SECRET in client.get(address(person, "inspect")).text
    client.post(address(person, "consent"), ANSWERS)
    assert not person.consents.exists(), "it may be a child, who can't agree alone"
