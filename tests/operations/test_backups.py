"""Backups are made, kept and restored, and a restore changes nothing if a backup is not right."""

import hashlib
import html
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import LoginAttempt
from media.folder import UNFINISHED, FolderStorage
from operations import backups, locks, restoring
from safeguarding.models import Contributor
from safeguarding.withdrawal import ledger
from tests.support import builders, people, postgresql_server, services, withdrawal_world
from tests.support.backups import forget_database, row_counts
from tests.support.database_fixtures import use_file
from tests.support.server_fixtures import path_of
from tests.support.withdrawal_world import HOME, SLUG, withdraw_all

pytestmark = pytest.mark.usefixtures("whole_database")

IS_SQLITE = connection.vendor == "sqlite"
OUTSIDE = {"django_session", "accounts_loginattempt"}  # tables that no backup has rows of
# A bucket can't differ between the databases.
PLACES = ["folder", pytest.param("bucket", marks=pytest.mark.sqlite_only)]


@pytest.fixture
def data(whole_database, settings, tmp_path, monkeypatch):
    """The data folder, with SQLite's database in it, as in a container, and the programs of PostgreSQL."""
    folder = settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = folder / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    options = {"location": tmp_path / "backups", "allow_overwrite": True, "file_permissions_mode": 0o600}
    storage = {"BACKEND": "media.folder.FolderStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"backups": storage}
    if not IS_SQLITE:
        programs = postgresql_server.find_server_programs()
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        yield folder
        return
    connection.close()
    shutil.copy(connection.settings_dict["NAME"], folder / "db.sqlite3")
    with use_file(folder / "db.sqlite3"):
        yield folder


@pytest.fixture
def started(data):
    """A site that has been started. Its data folder."""
    call_command("prepare", verbosity=0)
    return data


def use_bucket(settings, name):
    storage = {"BACKEND": "media.storage.BackupStorage", "OPTIONS": {"bucket_name": name}}
    settings.STORAGES = settings.STORAGES | {"backups": storage}


@pytest.fixture
def place(request, data, settings):
    """Where the files of the site and its backups are: in folders, or in two buckets."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
        use_bucket(settings, "backups")
        storages["backups"].bucket.create()
        storages["backups"].bucket.objects.delete()


@pytest.fixture
def identity(settings, monkeypatch):
    """Have backups encrypted, and give the private key to commands as standard input."""
    path_of(services.age)
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    settings.BACKUP_KEYS = [line.split()[-1] for line in made.splitlines() if "public key" in line]
    monkeypatch.setattr(sys, "stdin", io.StringIO(made))


def restore(name="newest"):
    call_command("restore", name, verbosity=0, stdout=io.StringIO())
    forget_database()


def state():
    """Return {table: number of its rows}, 0 if no backup has them, and {path: SHA-256} of the files."""
    files = {}
    for name in backups.stored_names():
        with default_storage.open(name) as file:
            files[name] = hashlib.sha256(file.read()).hexdigest()
    return row_counts() | dict.fromkeys(OUTSIDE, 0), files


def statuses(*addresses):
    return [Client().get(address).status_code for address in addresses]


def read_story(story):
    """Return the HTML of `story` on its page, without the links to other stories."""
    return str(builders.parse(Client().get(story.url)).select(".story__header, .prose"))


def files_left():
    """Return the names of what a backup or a restore could leave behind."""
    names = [path.name for path in settings.DATA_DIR.iterdir()]
    return [name for name in names if name.startswith((UNFINISHED, "restored"))]


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_backup_is_restored_and_who_withdrew_since_is_withdrawn_again(place, started, identity):
    person = withdrawal_world.make_named_person()
    people.make_story_about(person, slug=SLUG)
    story = builders.make_story("Long road", lead_image=builders.make_image(), lead_image_alt="A lamp")
    story.save_revision()
    builders.make_document()
    page = read_story(story)
    before = state()
    call_command("backup")
    assert state() == before, "the backup changed nothing"
    assert files_left() == []
    [name] = backups.names()
    with storages["backups"].open(name) as file:
        content = file.read()
    assert content.startswith(b"age-encryption.org/")

    later = builders.make_story(lead_image=builders.make_image(size=(99, 44)), lead_image_alt="A lamp")
    withdraw_all(person)
    default_storage.delete(story.lead_image.file.name)
    restore()
    assert files_left() == []
    assert read_story(story) == page
    assert statuses(HOME, later.url, builders.make_story("Afterwards").url) == [404, 404, 200]
    assert default_storage.exists(story.lead_image.file.name)
    assert not default_storage.exists(later.lead_image.file.name)
    assert person.code in ledger.read_content().decode()


def test_restored_database_is_that_of_the_backup_also_after_a_later_version(client, started):
    """Its table refers to one that the backup replaces. A backup without a key needs no age."""
    builders.make_story("Is here")
    client.force_login(builders.make_user("Editors"))
    LoginAttempt.objects.create(digest="of a name", last=timezone.now())
    before = state()
    call_command("backup")
    path = Path(storages["backups"].path(backups.names()[0]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client.session.session_key.encode() not in path.read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (page integer REFERENCES wagtailcore_page (id))")
    builders.make_story("Is later")
    restore()
    assert state() == before
    assert not Session.objects.exists() and not LoginAttempt.objects.exists()
    assert "later" not in connection.introspection.table_names()


def test_restore_on_a_new_machine_holds_people_until_a_lead_confirms(client, started, settings, time_machine):
    """Somebody may have withdrawn after the last backup, and only the lost machine knew that."""
    person = withdrawal_world.make_named_person()
    people.make_story_about(person, slug=SLUG)
    other = withdrawal_world.make_others()
    call_command("backup")
    [first] = backups.names()
    withdraw_all(person)
    nobody = builders.make_story("About nobody")
    time_machine.move_to(timezone.now() + timedelta(days=1))
    call_command("backup")  # It also stores the newest ledger.
    settings.DATA_DIR = started / "new"
    settings.DATA_DIR.mkdir()
    restore(first)
    assert person.code in [each.code for each in Contributor.objects.filter(withdrawals__isnull=False)]
    assert statuses(HOME, other.url) == [404, 404]
    client.force_login(builders.make_user("Safeguarding"))
    client.post("/admin/safeguarding/withdrawals/after-restore/")
    assert statuses(HOME, other.url, nobody.url) == [404, 200, 404]
    # From then on, the machine has a ledger that it trusts.
    restore(first)
    assert statuses(HOME, other.url) == [404, 200]


def test_interrupted_restore_is_completed_by_the_next_start(started):
    """Each step can be the last one of a process that is killed."""
    person = withdrawal_world.make_named_person()
    people.make_story_about(person, slug=SLUG)
    story = builders.make_story(lead_image=builders.make_image(), lead_image_alt="A lamp")
    assert statuses(story.url) == [200]
    call_command("backup")
    withdraw_all(person)
    later = builders.make_story(lead_image=builders.make_image(size=(99, 44)), lead_image_alt="A lamp")
    assert statuses(later.url) == [200]

    now = state()
    restoring.unpack("newest")
    assert state() == now, "until it is complete, nothing changes"
    # What fails now changes nothing either.
    part = restoring.folder() / ("database" if IS_SQLITE else "sql")
    part.write_bytes(bytes(5000) if IS_SQLITE else part.read_bytes() + b"SELECT 1 / 0;")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("prepare", verbosity=0)
    assert (files_left(), state()) == ([], now)
    restoring.unpack("newest")
    restoring.replace_database(restoring.folder())
    forget_database()
    call_command("prepare", verbosity=0)
    forget_database()
    assert statuses(HOME, later.url, story.url) == [404, 404, 200]
    assert files_left() == []
    assert not default_storage.exists(later.lead_image.file.name)


def test_finished_restore_is_not_done_again_and_one_that_fails_can_be_repeated(started):
    story = builders.make_story(lead_image=builders.make_image(), lead_image_alt="A lamp")
    call_command("backup")
    restoring.unpack("newest")
    restoring.unpack("newest")
    call_command("prepare", verbosity=0)
    forget_database()
    assert statuses(story.url) == [200]
    restoring.unpack("newest")
    later = builders.make_story("Later")
    # What a process leaves that is killed while it deletes the folder.
    (restoring.folder() / backups.MANIFEST).unlink()
    shutil.rmtree(restoring.folder() / "media")
    call_command("prepare", verbosity=0)
    assert statuses(story.url, later.url) == [200, 200]
    assert default_storage.exists(story.lead_image.file.name)
    assert files_left() == []


def test_withdrawals_are_carried_out_before_another_start_may_put_the_backup_in_place(started, monkeypatch):
    """It would put it in place again while this one begins to serve pages, and delete the files."""
    acquired = []

    def catch_up():
        with locks.hold("prepare", wait=False) as is_acquired:
            acquired.append(is_acquired or not restoring.folder().exists())

    call_command("backup")
    restoring.unpack("newest")
    monkeypatch.setattr(ledger, "catch_up", catch_up)
    call_command("prepare", verbosity=0)
    assert acquired == [False]


def test_new_machine_forgets_no_withdrawal_that_fails_and_keeps_the_copy_of_the_list(
    started, settings, monkeypatch, time_machine
):
    person = withdrawal_world.make_named_person()
    people.make_story_about(person, slug=SLUG)
    call_command("backup")
    [first] = backups.names()
    withdraw_all(person)
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    call_command("backup")
    copy = Path(storages["backups"].path(ledger.NAME))
    kept = copy.read_bytes()
    settings.DATA_DIR = started / "new"
    settings.DATA_DIR.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "withdraw_again", lambda *_arguments: 1 / 0)
        restore(first)
        call_command("prepare", verbosity=0)
    assert ledger.has_failed()
    assert [path.name for path in restoring.folder().glob("*") if ledger.NAME not in path.name] == []
    call_command("backup")
    assert copy.read_bytes() == kept, "the new machine has no list yet"
    call_command("prepare", verbosity=0)
    assert not ledger.has_failed() and files_left() == []
    assert Contributor.objects.get(pk=person.pk).has_withdrawn


def test_newest_copy_of_the_list_has_the_last_word(data):
    restoring.folder().mkdir()
    key = "6f1e5f5c-0000-4000-8000-000000000000"
    for name, code in ((ledger.NAME, "old"), (f"newest-{ledger.NAME}", "new")):
        lines = [json.dumps(each) for each in ({"ledger": "salt"}, {"key": key, "code": code})]
        (restoring.folder() / name).write_text("\n".join(lines))
    assert ledger.read_copies()["salt"][key]["code"] == "new"


def rewrite(change):
    """Replace the newest backup by one whose members `change` has changed: {name: content}."""
    path = storages["backups"].path(backups.names()[-1])
    with tarfile.open(path) as archive:
        members = {each.name: archive.extractfile(each).read() for each in archive}
    change(members)
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))


def in_manifest(**fields):
    def change(members):
        site = json.loads(members["manifest.json"]) | fields
        members["manifest.json"] = json.dumps(site).encode()

    return change


def damage_database(members):
    content = bytearray(members["database"])
    content[len(content) // 3 : len(content) // 3 + 5000] = bytes(5000)
    members["database"] = bytes(content)


WRONG = {
    "another program's, or cut off": (lambda members: members.pop("manifest.json"), "not one of this site"),
    "another manifest": (in_manifest(version=None), "not one of this site"),
    "a later version": (in_manifest(version="1000.0.0"), "newer version 1000.0.0"),
    "another key": (in_manifest(key="gAAAAA"), "SAFEGUARDING_KEYS lacks the key"),
    "out of the folder": (lambda members: members.update({"media/../../x": b""}), "OutsideDestination"),
    "a link": (lambda members: members.update({"media/x": "/etc/passwd"}), "AbsoluteLink"),
    "a damaged database": (damage_database, "Nothing was changed"),
    "an empty database": (lambda members: members.update(database=b""), "Nothing was changed"),
}


@pytest.fixture
def made(started):
    """A site with a backup, which has changed since."""
    builders.make_story("Is here", lead_image=builders.make_image(), lead_image_alt="A lamp")
    call_command("backup")
    builders.make_story("Is later")


def refuses(match, name="newest"):
    before = state()
    with pytest.raises(CommandError, match=match) as error:
        restore(name)
    assert state() == before
    assert files_left() == []
    return "\n" not in str(error.value)


@pytest.mark.parametrize("case", WRONG)
def test_backup_that_is_not_right_changes_nothing(made, case):
    change, words = WRONG[case]
    rewrite(change)
    assert refuses(words)


def test_backup_that_was_cut_off_or_for_which_the_key_is_wrong_changes_nothing(made, identity, monkeypatch):
    path = Path(storages["backups"].path(backups.names()[-1]))
    content = path.read_bytes()
    for length in (0, 100, len(content) // 2):
        path.write_bytes(content[:length])
        assert refuses("Nothing was changed")
    assert refuses("there are stories-", "other.tar")
    path.unlink()
    call_command("backup")
    other = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    for key, words in ((other, "no identity matched"), ("", "standard input is empty")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(key))
        assert refuses(words)


def test_restore_refuses_while_the_site_runs(made):
    running = locks.share("site")
    assert refuses("The site runs")
    os.close(running)
    if not IS_SQLITE:
        other = connection.copy()
        other.ensure_connection()
        assert refuses("The site runs"), "on another machine, whose data folder is another one"
        other.close()
    restore()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_old_and_unfinished_backups_are_deleted_but_never_the_newest(place, started, time_machine, settings):
    storage, days = storages["backups"], settings.BACKUP_DAYS
    call_command("backup")
    [first] = backups.names()
    time_machine.move_to(timezone.now() + timedelta(days=days + 1))
    # What processes leave behind that are killed.
    storage.save(f"{UNFINISHED}x", ContentFile(b"x"))
    (started / f"{UNFINISHED}x").mkdir()
    if is_bucket := hasattr(storage, "bucket"):
        storage.bucket.Object(first).initiate_multipart_upload()
    settings.BACKUP_KEYS = ["age1wrong"]
    with pytest.raises(CommandError, match="age: error"):
        call_command("backup")
    assert first in backups.names(), "it is the newest that is complete"
    settings.BACKUP_KEYS = []
    call_command("backup")
    [second] = backups.names()
    assert second > first
    assert sorted(storage.listdir("")[1]) == [second, ledger.NAME]
    assert files_left() == []
    assert not is_bucket or not list(storage.bucket.multipart_uploads.all())


class FailingStorage(FolderStorage):
    def _open(self, name, mode="rb"):
        raise OSError(5, "Input/output error", name)


@pytest.mark.sqlite_only
def test_backup_that_ends_too_early_leaves_nothing(started, settings):
    (settings.MEDIA_ROOT / "x").write_bytes(bytes(10**6))
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.FailingStorage"}}
    with pytest.raises(CommandError, match="^The backup failed: OSError: .Errno 5."):
        call_command("backup")
    assert backups.names() == files_left() == []
    assert "Input/output error" in backups.problem()


@pytest.mark.sqlite_only
def test_backup_is_due_each_night_and_an_old_or_failed_one_is_a_problem(
    started, settings, time_machine, admin_client, client
):
    settings.TIME_ZONE = "UTC"

    def move(day, hour):
        time_machine.move_to(f"2026-03-{day:02} {hour:02}:30Z", tick=False)

    def problems():
        shown, words = html.unescape(admin_client.get("/admin/").text), backups.problem()
        assert words in shown and ("backup" in shown) == bool(words)
        assert f"backups: {words or 'ok'}" in client.get("/readyz").text.splitlines()
        return words

    move(1, 4)
    assert backups.is_due(), "there is none"
    assert "no backup of the last 36 hours" in problems()
    assert backups.make_and_note(if_due=True) is None
    due = []
    for day, hour in ((1, 23), (2, 0), (2, 1), (2, 4), (2, 6)):
        move(day, hour)
        due.append(backups.is_due())
    assert due == [False, False, True, False, True], "not while PostgreSQL rewrites its tables"
    assert problems() == ""
    move(2, 17)
    assert "36 hours" in problems()
    backups.make_and_note()
    assert problems() == ""
    settings.BACKUP_KEYS = ["age1wrong"]
    assert "age: error" in backups.make_and_note()
    assert "The last backup failed" in problems()
    settings.BACKUP_KEYS = []
    backups.make_and_note(if_due=True)
    assert "failed" in problems(), "until one succeeds"
    backups.make_and_note()
    assert problems() == ""
    backups.note("made").write_text("")
    assert "36 hours" in problems() and backups.is_due(), "a power cut left an empty file"
    backups.make_and_note()
    settings.STORAGES = {name: each for name, each in settings.STORAGES.items() if name != "backups"}
    assert problems() == "", "the try-out mode needs none"
    settings.LOCAL = False
    assert "No backups" in problems()
    client.force_login(builders.make_user("Editors"))
    assert "backups" not in client.get("/admin/").text
    for command in (["backup"], ["restore", "newest"]):
        with pytest.raises(CommandError, match="Set BACKUP_DIR"):
            call_command(*command)
