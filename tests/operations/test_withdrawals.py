"""A withdrawal is carried out again after a restore, and leaves nothing in the database file.

A withdrawal erases what shows a person who takes back their consent. The ledger, the file withdrawals.jsonl
in the data folder, lists all withdrawals. No backup contains it. Held means not shown to readers.

tests/support/withdrawal_world.py makes the site. HOME is the address of the story of the person who
withdraws. SENTINELS are words about this person that stand nowhere else.
An erased page and a held one answer 404.
"""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models.signals import pre_save
from django.test import Client
from wagtail.models import Comment, Page

from media.models import CleanImage
from safeguarding.models import Contributor, Ledger, PageHold, WithdrawalTask
from safeguarding.policies import GROUP
from safeguarding.withdrawal import ledger, tasks
from safeguarding.withdrawal.addresses import digest_of
from stories.models import StoryPage
from tests.support import (
    builders,
    files_of_pages,
    opened,
    people,
    queries,
    stored_text,
    withdrawal_world,
    wsgi,
)
from tests.support.backups import replace_database, restore_site, save_site
from tests.support.withdrawal_world import HOME, NAME, SENTINELS, SLUG, withdraw_all

pytestmark = pytest.mark.usefixtures("whole_database")


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path, media_root):
    settings.DATA_DIR = tmp_path
    return tmp_path


def statuses(*addresses):
    return [Client().get(each).status_code for each in addresses]


def make_site(path):
    """Make a story of a person at HOME and one of somebody else, and back up the site to `path`.

    Return (person, story of somebody else).
    """
    people.make_story_about(person := withdrawal_world.make_named_person(), slug=SLUG)
    return person, save_with_others(path)


def save_with_others(path):
    """Make a story of somebody else, and back up the site to `path`. Return the story."""
    other = withdrawal_world.make_others()
    back_up(path)
    return other


def back_up(path):
    """Back up the site, with the salt by which a ledger is known as that of this site."""
    ledger.write()
    save_site(path)


def files_with_words():
    """Return the names of the files that contain one of SENTINELS: the database's, and media."""
    paths = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    files = stored_text.database_files() | {path.name: path.read_bytes() for path in paths}
    return {name for name, content in files.items() if opened.words_in(content, SENTINELS)}


def test_withdrawal_leaves_nothing_in_the_files_and_outlives_a_restore(tmp_path, time_machine, caplog):
    time_machine.move_to(datetime(2026, 3, 10, 12, tzinfo=UTC))  # it must not pass midnight
    person = withdrawal_world.make_named_person()
    own, image, _document = withdrawal_world.make_own_stories(person)
    user = builders.make_user("Editors")
    for text in (f"{NAME} walks.", f"Is it {NAME}?"):  # The table of comments is empty afterwards.
        Comment.objects.create(page=own, user=user, text=text, contentpath="title")
    other = save_with_others(tmp_path / "site")
    queries.update_statistics()  # PostgreSQL stores common values of columns
    client = wsgi.SiteClient()
    assert client.get(HOME).status_code == 200
    # A document.
    assert ".txt" in {Path(name).suffix for name in files_with_words()}
    withdraw_all(person)
    # The quick tasks ran after the commit. These wait for the scheduler.
    left = WithdrawalTask.objects.filter(done_at=None)
    assert list(left.values_list("step", flat=True)) == ["again", "index", "vacuum"]
    assert client.get(HOME).status_code == 404
    assert files_with_words()  # deleted rows stay in the files until "vacuum"
    withdrawal_world.finish()
    if connection.vendor == "postgresql":
        assert left.get().step == "vacuum", "it waits for the night"
        time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
        tasks.run_tasks()
    assert not left.exists()
    assert files_with_words() == set()

    restore_site(tmp_path / "site")
    assert f"Withdrawn again: {person.code}" in caplog.text
    assert statuses(HOME, other.url) == [404, 200]
    # Rows that a lead has to tick come back with the backup, here the name of a tag.
    assert set(stored_text.tables_with(NAME)) == {"taggit_tag"}
    assert not image.file.storage.exists(image.file.name)
    assert Contributor.objects.get(pk=person.pk).get_status() == "withdrawn"


@pytest.mark.sqlite_only
def test_without_the_ledger_everybody_is_held_until_a_lead_confirms(client, tmp_path, caplog):
    person, other = make_site(tmp_path / "site")
    nobody = builders.make_story("About nobody")
    save_site(tmp_path / "later")
    withdraw_all(person)
    ledger.file_path().unlink()

    restore_site(tmp_path / "later")
    assert "is held until the safeguarding team confirms it" in caplog.text
    addresses = [HOME, other.url, nobody.url]
    assert statuses(*addresses) == [404, 404, 200]
    # While everybody is held, no ledger is written: the next restore would trust it.
    ledger.write()
    restore_site(tmp_path / "later")
    assert statuses(*addresses) == [404, 404, 200]

    withdraw_all(Contributor.objects.get(pk=person.pk))
    client.force_login(builders.make_user(GROUP))
    client.post(AFTER)
    assert statuses(*addresses) == [404, 200, 200]
    assert Ledger.get().held_since is None
    # The end of the hold writes the ledger again.
    assert person.code in ledger.file_path().read_text()


@pytest.mark.sqlite_only
def test_person_whom_the_backup_does_not_know_is_found_by_the_digests(tmp_path):
    image = withdrawal_world.named_image()
    story = builders.make_story(NAME, slug=SLUG, lead_image=image, lead_image_alt="Somebody")
    back_up(tmp_path / "site")
    person = withdrawal_world.make_named_person()
    image.people.set([person])
    story.people, story.story_people = "listed", people.rows_of(person)
    with withdrawal_world.without_words(person):
        story.save()
    withdraw_all(person)
    restore_site(tmp_path / "site")
    assert statuses(HOME) == [404]
    assert stored_text.tables_with(NAME) == {}
    assert not image.file.storage.exists(image.file.name)


# --- A database that was replaced -----------------------------------------------------------------


def test_replaced_database_is_caught_up_at_the_start_and_by_the_scheduler(tmp_path):
    person, other = make_site(tmp_path / "site")
    withdraw_all(person)
    for command in ("prepare", "run_due_work"):
        replace_database(tmp_path / "site")
        assert statuses(HOME) == [200]
        call_command(command)
        assert statuses(HOME, other.url) == [404, 200], command

    # Without the file nothing is known, and a new one is not trusted.
    ledger.file_path().unlink()
    replace_database(tmp_path / "site")
    call_command("prepare", verbosity=0)
    assert statuses(HOME, other.url) == [404, 404]
    restore_site(tmp_path / "site")
    assert statuses(HOME, other.url) == [404, 404]


def test_failure_of_the_database_makes_no_withdrawal_forgotten(tmp_path):
    """In a database that is older than the ledger, the first row of Ledger can't be stored for a moment."""
    people.make_story_about(withdrawal_world.make_named_person(), slug=SLUG)
    save_site(tmp_path / "site")
    withdraw_all(Contributor.objects.get())
    # The first line of the ledger of a new site, which has another salt.
    with ledger.file_path().open("a") as file:
        file.write('{"ledger": "of a new site"}\n')
    replace_database(tmp_path / "site")

    def fail(**_arguments):
        pre_save.disconnect(fail, sender=Ledger)
        raise OperationalError

    pre_save.connect(fail, sender=Ledger)
    with pytest.raises(CommandError, match="ledger"):
        call_command("run_due_work")
    call_command("run_due_work")
    assert statuses(HOME) == [404]


# The page on which a lead decides what to do after a restore.
AFTER = "/admin/safeguarding/withdrawals/after-restore/"


def today(client):
    """Return the part of the desk that says what a lead has to do, and its words."""
    part = builders.parse(client.get("/admin/")).select_one("#safeguarding-today-content")
    return part, " ".join(part.text.split())


def break_ledger(*lines):
    """Add `lines`, dictionaries or texts, before the last line of the ledger. Return its content before.

    The withdrawal in the last line then shows whether those after a broken line are carried out.
    """
    [*before, last] = (content := ledger.file_path().read_text()).splitlines()
    added = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    ledger.file_path().write_text("\n".join([*before, *added, last, ""]))
    return content


@pytest.mark.sqlite_only
def test_withdrawal_that_cannot_be_carried_out_again_holds_everybody(tmp_path):
    """But it stops neither the start of the site nor the scheduler."""
    person, other = make_site(tmp_path / "site")
    withdraw_all(person)
    # An entry that lacks most of its fields, one that lacks all, and one that is no dictionary.
    content = break_ledger({"code": person.code, "key": str(uuid.uuid4())}, {}, "5")
    failures = f"{person.code} (KeyError), ? (ValidationError), ? (ValidationError)"
    for way in ("prepare", "run_due_work"):
        replace_database(tmp_path / "site")
        call_command(way)
        assert statuses(HOME, other.url) == [404, 404], way
        assert Ledger.get().failures == failures, way
    assert (tmp_path / "due_work_done").exists(), "the nightly work was done too"

    # Somebody mends the file, and starts the site again.
    ledger.file_path().write_text(content)
    call_command("prepare", verbosity=0)
    assert statuses(HOME, other.url) == [404, 200]


@pytest.mark.sqlite_only
def test_lead_sees_what_failed_and_tries_it_again(client, tmp_path):
    unlisted = builders.make_story("Lists nobody")
    person, other = make_site(tmp_path / "site")
    withdraw_all(person)
    broken = {"code": person.code, "key": str(uuid.uuid4())}
    content = break_ledger(broken | {"address": [digest_of(unlisted.url, Ledger.get().salt)]})
    replace_database(tmp_path / "site")
    call_command("run_due_work")
    assert statuses(unlisted.url) == [404], "it may be what was erased"
    client.force_login(builders.make_user(GROUP))
    assert f"{person.code} (KeyError): Could not be carried out again." in today(client)[1]
    assert today(client)[0].select_one(f"a[href='{AFTER}']")
    assert f"{person.code} (KeyError)" in builders.parse(client.get(AFTER)).select_one("main").text

    # The confirmation that nobody else withdrew ends no hold while an entry of the ledger is unfinished.
    client.post(AFTER)
    assert statuses(other.url) == [404]
    assert "It failed again." in client.post(AFTER, {"again": 1}, follow=True).text
    # Somebody mends the file. The scheduler leaves it to the lead.
    ledger.file_path().write_text(content)
    call_command("run_due_work")
    assert statuses(other.url) == [404]
    client.post(AFTER, {"again": 1})
    assert statuses(HOME, other.url) == [404, 200]
    client.post(AFTER, {"other": PageHold.objects.get(page=unlisted).pk})
    assert statuses(unlisted.url) == [200]
    assert "Could not be carried out again" not in client.get("/admin/").text


@pytest.mark.sqlite_only
def test_restore_leaves_what_others_have_too_or_have_since(tmp_path):
    """A story at a former address of the person's, and an illustration that both have, which was ticked."""
    person = people.make_agreeing_person()
    mine, theirs = builders.make_image(), builders.make_image()
    assert mine.file_hash == theirs.file_hash
    own = people.make_story_about(person, slug="lamps", lead_image=mine, lead_image_decorative=True)
    (own := StoryPage.objects.get(pk=own.pk)).save_revision()
    own.slug = "oil-lamps"
    own.save_revision().publish()
    other = builders.make_story(slug="lamps", lead_image=theirs, lead_image_decorative=True)
    back_up(tmp_path / "site")
    withdraw_all(person)
    addresses = ["/stories/oil-lamps/", other.url]
    assert statuses(*addresses) == [404, 200]
    restore_site(tmp_path / "site")
    assert statuses(*addresses) == [404, 200]
    assert not CleanImage.objects.exists()


@pytest.mark.sqlite_only
def test_restore_holds_what_only_has_an_erased_address_until_a_lead_decides(client, tmp_path):
    """In the backup, the address belongs to the story of somebody else, who moved it later."""
    other = StoryPage.objects.get(pk=withdrawal_world.make_others().pk)
    former = other.url
    back_up(tmp_path / "site")
    other.slug = "moved"
    other.save()
    person = people.make_agreeing_person()
    people.make_story_about(person, slug=former.strip("/").rpartition("/")[2])
    withdraw_all(person)
    for choice, status in (("other", 200), ("same", 404)):
        restore_site(tmp_path / "site")
        assert statuses(former) == [404], choice
        assert StoryPage.objects.filter(pk=other.pk).exists()
        # Neither a new version ends the hold, nor a change of the person in the story.
        StoryPage.objects.get(pk=other.pk).save_revision().publish()
        Contributor.objects.exclude(code=person.code).get().save()
        assert statuses(former) == [404], choice

        client.force_login(builders.make_user(GROUP))
        assert f"{other.title}: May be what was erased." in today(client)[1]
        button = builders.parse(client.get(AFTER)).select_one(f"button[name={choice}]")
        client.post(AFTER, {choice: button["value"]})
        assert Client().get(former).status_code == status, choice
        assert StoryPage.objects.filter(pk=other.pk).exists() == (choice == "other")


@pytest.mark.sqlite_only
def test_half_a_line_of_the_ledger_is_ignored():
    person = withdrawal_world.make_named_person()
    withdraw_all(person)
    tasks.run_tasks()
    path = ledger.file_path()
    path.write_bytes(path.read_bytes()[:-10])
    ledger.write()
    assert [entry["code"] for entry in ledger.read()[Ledger.get().salt].values()] == [person.code]


# --- The ledger in a bucket ----------------------------------------------------------------------


@pytest.mark.usefixtures("bucket")
def test_new_container_with_a_bucket_shows_the_same_and_one_without_ledger_holds_people(settings, tmp_path):
    """It has the same database, and an empty data folder."""
    person, other = make_site(tmp_path / "site")
    picture = files_of_pages.live_story()
    withdraw_all(person)
    addresses = [picture, *(page.url for page in Page.objects.live().filter(depth__gt=1))]
    before = [404, *(200 for _address in addresses)]
    assert statuses(HOME, *addresses) == before
    for folder in ("one", "two"):
        settings.DATA_DIR = tmp_path / folder
        settings.DATA_DIR.mkdir()
        call_command("prepare", verbosity=0)
        assert statuses(HOME, *addresses) == before
        assert not ledger.file_path().exists()
    # Both machines append to the same list. It is carried out after a restore.
    second = people.make_agreeing_person()
    people.make_story_about(second, slug="second")
    settings.DATA_DIR = tmp_path / "one"
    withdraw_all(second)
    assert [code in ledger.read_content().decode() for code in (person.code, second.code)] == [True, True]
    replace_database(tmp_path / "site")
    call_command("prepare", verbosity=0)
    assert statuses(HOME, other.url) == [404, 200]

    default_storage.bucket.Object(ledger.NAME).delete()
    call_command("prepare", verbosity=0)
    assert statuses(other.url) == [404], "the database could be an older one"


@pytest.mark.usefixtures("bucket")
def test_bucket_that_does_not_answer_is_no_missing_ledger(monkeypatch):
    people.make_story_about(withdrawal_world.make_named_person(), slug=SLUG)
    ledger.write()
    default_storage.bucket.objects.delete()
    default_storage.bucket.delete()
    with pytest.raises(CommandError, match="^S3_BUCKET names a bucket that can't be used: .*NoSuchBucket"):
        call_command("prepare", verbosity=0)
    assert statuses(HOME) == [200]
    assert Ledger.get().held_since is None
