"""The command run_due_work: scheduled stories, the nightly update of the index, deletion of old rows."""

import datetime
import signal
import time
from contextlib import ExitStack

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import Revision
from wagtail.search.models import IndexEntry

from operations import locks
from safeguarding.withdrawal.carry_out import withdraw
from search.models import MissedSearch
from tests.support import builders
from tests.support.environment import REQUIRED, manage, output_of
from tests.support.people import make_agreeing_person
from tests.support.production import BARE, database_of_the_test

PATIENCE = 120  # seconds until a process has started
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def scheduled(title, **times):
    """Return a story that a moderator has published or scheduled. `times`: its go_live_at or expire_at."""
    story = builders.make_story(title, live=False)
    for name, moment in times.items():
        setattr(story, name, moment)
    story.save_revision().publish()
    return story


def is_there(client, story):
    return client.get(story.get_url()).status_code == 200


@pytest.mark.django_db
def test_scheduled_stories_are_published_and_expire_on_time(client, time_machine):
    time_machine.move_to(NOON)
    hour = datetime.timedelta(hours=1)
    comes = scheduled("It comes", go_live_at=NOON + hour)
    goes = scheduled("It goes", expire_at=NOON + hour)
    call_command("run_due_work")
    assert [is_there(client, story) for story in (comes, goes)] == [False, True]
    time_machine.move_to(NOON + hour + datetime.timedelta(seconds=1))
    call_command("run_due_work")
    assert [is_there(client, story) for story in (comes, goes)] == [True, False]


def make_old():
    """Create an expired session, an old missed search, and a story that is not in the search index."""
    builders.make_story()
    IndexEntry.objects.all().delete()
    Session.objects.create(session_key="old", expire_date=timezone.now() - datetime.timedelta(days=1))
    # It is deleted after a year.
    MissedSearch.objects.create(digest="old", month=timezone.localdate().replace(day=1, year=2020))


def night_work_is_done():
    """Return whether the nightly work dealt with all that make_old() created."""
    found = [Session.objects.exists(), MissedSearch.objects.exists(), not IndexEntry.objects.exists()]
    assert len(set(found)) == 1, found
    return not found[0]


@pytest.mark.django_db
def test_nightly_work_is_done_once_a_night(time_machine):
    # The first time it is done at once, and then after 3 o'clock in the night.
    for moment, is_done in [(NOON, True), (NOON.replace(hour=23), False)]:
        time_machine.move_to(moment)
        make_old()
        call_command("run_due_work")
        assert night_work_is_done() == is_done
    for hour, minute, is_done in [(2, 59, False), (3, 1, True)]:
        time_machine.move_to(NOON.replace(day=5, hour=hour, minute=minute))
        call_command("run_due_work")
        assert night_work_is_done() == is_done


@pytest.mark.django_db
def test_work_is_skipped_while_another_process_does_it(data_dir):
    make_old()
    with locks.hold("due_work") as got:
        assert got
        call_command("run_due_work")
        assert not night_work_is_done()
        with locks.hold("prepare", wait=False) as free:
            assert free, "each work has a lock of its own"
    call_command("run_due_work")
    assert night_work_is_done()


@pytest.mark.django_db
def test_outage_page_has_the_current_help_line(data_dir):
    home = builders.home_page()
    for words in ("Call 1111.", "Call 2222."):
        home.help_line = f"<p>{words}</p>"
        home.save()
        call_command("run_due_work")
        assert words in (data_dir / "maintenance.html").read_text()


@pytest.mark.django_db
def test_page_that_cannot_be_published_stops_no_withdrawal_and_no_other_work(data_dir, store, time_machine):
    time_machine.move_to(NOON)
    scheduled("It can't be read", go_live_at=NOON + datetime.timedelta(hours=1))
    # To publish the revision then raises KeyError.
    Revision.objects.exclude(approved_go_live_at=None).update(content={})
    person = make_agreeing_person()
    withdrawal = withdraw(person, "everything")
    time_machine.move_to(NOON + datetime.timedelta(hours=2))
    with pytest.raises(KeyError):
        call_command("run_due_work")
    # The step "ledger" of the withdrawal writes this file.
    assert person.code in (data_dir / "withdrawals.jsonl").read_text()
    left = withdrawal.tasks.filter(done_at=None).values_list("step", flat=True)
    assert set(left) == {"vacuum"}, "this step can't run in the transaction of a test"
    assert (data_dir / "maintenance.html").exists()
    # Whether the scheduler works is known by the age of this file.
    assert not (data_dir / "due_work_done").exists()


@pytest.mark.one_database
@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_forever_stops_at_sigterm(data_dir):
    variables = BARE | REQUIRED | {"DATA_DIR": str(data_dir), "DATABASE_URL": database_of_the_test()}
    with ExitStack() as stack:
        scheduler = stack.enter_context(manage(variables, "run_due_work", "--forever"))
        stack.callback(scheduler.kill)
        end = time.monotonic() + PATIENCE
        while not (data_dir / "due_work_done").exists():
            assert scheduler.poll() is None, scheduler.stdout.read()
            assert time.monotonic() < end
            time.sleep(0.1)
        # The scheduler now waits for the next minute.
        start = time.monotonic()
        scheduler.send_signal(signal.SIGTERM)
        assert output_of(scheduler) == ""
        assert time.monotonic() - start < 30  # and not at the next minute
