"""The command run_due_work: scheduled stories, the nightly update of the index, deletion of old rows."""

import datetime
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from wagtail.models import Revision
from wagtail.search.models import IndexEntry
from wagtail.signals import page_published, page_unpublished

from caching.content_version import content_version
from operations import backups, locks, outage
from safeguarding.withdrawal.carry_out import withdraw
from search.models import MissedSearch
from tests.support import builders, people

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
PATIENCE = 30  # seconds until the first work is done
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def scheduled(title, **times):
    """Return a story that a moderator has published or scheduled. `times`: its go_live_at or expire_at."""
    story = builders.save_with(builders.make_story(title, live=False), **times)
    story.save_revision().publish()
    return story


@contextmanager
def connected(*pairs):
    """Context manager in which receivers get signals. `pairs`: (signal, receiver)."""
    for signal_of_pages, receiver in pairs:
        signal_of_pages.connect(receiver)
    try:
        yield
    finally:
        for signal_of_pages, receiver in pairs:
            signal_of_pages.disconnect(receiver)


def is_there(client, story):
    return client.get(story.get_url()).status_code == 200


def test_cached_pages_stay_valid_while_there_is_nothing_to_do():
    call_command("run_due_work")  # which has the work of the night to do
    before = content_version.read()
    call_command("run_due_work")
    assert content_version.read() == before


def test_story_whose_end_has_passed_meanwhile_is_not_shown(client, time_machine):
    """The scheduler did not run from before its beginning until after its end."""
    time_machine.move_to(NOON)
    story = scheduled("It came and went", go_live_at=NOON + HOUR, expire_at=NOON + 2 * HOUR)
    time_machine.move_to(NOON + 3 * HOUR)
    call_command("run_due_work")
    story.refresh_from_db()
    assert (is_there(client, story), story.expired) == (False, True)
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()


def test_change_of_a_later_page_counts_while_the_scheduler_works(time_machine):
    """An editor unschedules the second of two stories, or lets it end later, while the first one is done."""
    time_machine.move_to(NOON)
    coming = [scheduled("It comes", go_live_at=NOON + HOUR * number) for number in (1, 2)]
    going = [scheduled("It goes", expire_at=NOON + HOUR * number) for number in (1, 2)]

    def unschedule(**_arguments):
        Revision.objects.filter(object_id=coming[1].pk).update(approved_go_live_at=None)

    def let_end_later(**_arguments):
        type(going[1]).objects.filter(pk=going[1].pk).update(expire_at=None, title="It stays")

    time_machine.move_to(NOON + 3 * HOUR)
    with connected((page_published, unschedule), (page_unpublished, let_end_later)):
        call_command("run_due_work")
    for story in (*coming, *going):
        story.refresh_from_db()
    assert [story.live for story in (*coming, *going)] == [True, False, False, True]
    assert going[1].title == "It stays"


def make_old():
    """Create an expired session, an old missed search, and a story that is not in the search index."""
    builders.make_story()
    IndexEntry.objects.all().delete()
    Session.objects.create(session_key="old", expire_date=timezone.now() - datetime.timedelta(days=1))
    # A missed search is deleted after a year.
    MissedSearch.objects.create(digest="old", month=timezone.localdate().replace(day=1, year=2020))


def night_work_is_done():
    """Return whether the nightly work dealt with all that make_old() created."""
    found = [Session.objects.exists(), MissedSearch.objects.exists(), not IndexEntry.objects.exists()]
    assert len(set(found)) == 1, found
    return not found[0]


def test_nightly_work_is_done_once_a_night(data_dir, time_machine):
    # The first time it is done at once, and then after 3 o'clock in the night.
    for day, hour, minute, done in ((4, 12, 0, True), (4, 23, 0, False), (5, 2, 59, False), (5, 3, 1, True)):
        time_machine.move_to(NOON.replace(day=day, hour=hour, minute=minute))
        if day == 4:
            make_old()
        call_command("run_due_work")
        assert night_work_is_done() == done, (day, hour)
    lines = (data_dir / "nightly_work_done").read_text().splitlines()
    assert {line.split()[0] for line in lines} == {"2026-05-05"}, "other nights are forgotten"


def test_work_is_skipped_while_another_process_does_it():
    make_old()
    with locks.hold("due_work") as got:
        assert got
        call_command("run_due_work")
        assert not night_work_is_done()
        with locks.hold("prepare", wait=False) as free:
            assert free, "each work has a lock of its own"
    call_command("run_due_work")
    assert night_work_is_done()


@pytest.mark.sqlite_only
def test_outage_page_has_the_current_help_line_also_if_two_processes_write_it(data_dir, monkeypatch):
    home, replace = builders.home_page(), Path.replace

    def replace_late(path, target):
        monkeypatch.undo()
        outage.write_page()
        return replace(path, target)

    for words in ("Call 1111.", "Call 2222."):
        builders.save_with(home, help_line=f"<p>{words}</p>")
        call_command("run_due_work")
        text = outage.page_file().read_text()
        assert (words in text, text.endswith("</html>\n")) == (True, True)
        monkeypatch.setattr(Path, "replace", replace_late)
    assert [path.name for path in data_dir.glob("served/*")] == ["maintenance.html"]


def test_page_that_fails_stops_no_withdrawal_and_no_other_page(client, data_dir, time_machine):
    time_machine.move_to(NOON)
    goes = [scheduled(f"Goes {hours}", expire_at=NOON + hours * HOUR) for hours in (1, 2)]
    scheduled("It can't be read", go_live_at=NOON + HOUR)
    # To publish the revision then raises KeyError.
    Revision.objects.exclude(approved_go_live_at=None).update(content={})
    comes = scheduled("It comes", go_live_at=NOON + 2 * HOUR)
    call_command("run_due_work")
    assert [is_there(client, story) for story in (*goes, comes)] == [True, True, False], "nothing is due yet"
    outage.page_file().unlink()
    person = people.make_agreeing_person()
    withdrawal = withdraw(person)
    time_machine.move_to(NOON + 3 * HOUR)

    def fail(instance, **_arguments):
        raise OSError

    failed = pytest.raises(CommandError, match="failed: pages that expire, pages to publish[.]")
    with connected((page_unpublished, fail)), failed:
        call_command("run_due_work")
    assert [is_there(client, story) for story in (*goes, comes)] == [False, False, True]
    # The step "ledger" of the withdrawal writes this file.
    assert person.code in (data_dir / "withdrawals.jsonl").read_text()
    left = withdrawal.tasks.filter(done_at=None).values_list("step", flat=True)
    assert set(left) == {"vacuum"}, "this step can't run in the transaction of a test"
    assert outage.page_file().exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's connection can't be lost")
@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_lost_connection_stops_one_part_only(client, time_machine):
    time_machine.move_to(NOON)
    goes, comes = scheduled("It goes", expire_at=NOON + HOUR), scheduled("It comes", go_live_at=NOON + HOUR)
    time_machine.move_to(NOON + 2 * HOUR)

    def end_connection(**_arguments):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    failed = pytest.raises(CommandError, match="failed: pages that expire[.]")
    with connected((page_unpublished, end_connection)), failed:
        call_command("run_due_work")
    assert [is_there(client, story) for story in (goes, comes)] == [False, True]


def test_only_the_part_that_failed_is_tried_again(data_dir, settings, time_machine, caplog):
    time_machine.move_to(NOON)
    make_old()
    backends = settings.WAGTAILSEARCH_BACKENDS
    settings.WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "away"}}
    with pytest.raises(CommandError, match="failed: search index[.]"):
        call_command("run_due_work")
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["A part of the work that was due failed: search index."]
    assert not Session.objects.exists()
    # The age of this file tells whether there is something to worry about.
    assert not (data_dir / "due_work_done").exists()

    settings.WAGTAILSEARCH_BACKENDS = backends
    make_old()
    call_command("run_due_work")
    assert IndexEntry.objects.exists()
    assert Session.objects.exists(), "it is deleted in the next night"
    assert (data_dir / "due_work_done").exists()


@pytest.fixture
def signal_handlers():
    """Let SIGTERM fail the test unless the code under test handles it, and restore the handlers after it."""
    before = signal.signal(signal.SIGTERM, lambda *_arguments: pytest.fail("Nothing handled the signal."))
    interrupt = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGTERM, before)
    signal.signal(signal.SIGINT, interrupt)


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_forever_waits_for_no_backup_and_stops_at_sigterm(data_dir, signal_handlers, monkeypatch):
    sent, backup_ends = [], Event()
    monkeypatch.setattr(backups, "is_configured", lambda: True)
    monkeypatch.setattr(backups, "make_and_note", lambda if_due: backup_ends.wait(PATIENCE))

    def send_when_done():
        end = time.monotonic() + PATIENCE
        while not (data_dir / "due_work_done").exists() and time.monotonic() < end:
            time.sleep(0.01)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    sender = Thread(target=send_when_done)
    sender.start()
    call_command("run_due_work", "--forever")
    backup_ends.set()
    assert time.monotonic() - sent[0] < 30, "it does not wait for the next minute"
    assert (data_dir / "due_work_done").exists()
    sender.join()
