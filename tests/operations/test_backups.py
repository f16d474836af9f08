"""The scripts of docs/backups.md: they restore what was backed up, and change nothing if a backup is broken.

They run as they are in the documentation. In place of containers, tests/support/docker_stand_in.py runs their
commands on this machine.
"""

import hashlib
import os
import re
import shutil
import stat
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import LoginAttempt
from media.folder import UNFINISHED
from safeguarding.withdrawal import ledger
from tests.support import backups, builders, people, postgresql_server, production, services, withdrawal_world
from tests.support.backup_scripts import Machine, key_pair, script, server_variables
from tests.support.server_fixtures import path_of
from tests.support.withdrawal_world import HOME, SLUG, withdraw_all

pytestmark = pytest.mark.usefixtures("whole_database")

IS_SQLITE = connection.vendor == "sqlite"
SECTION = "One container, with SQLite" if IS_SQLITE else "With Docker Compose"
DATABASE_IN_TAR = ["copy.sqlite3"] if IS_SQLITE else []
OUTSIDE = {"django_session", "accounts_loginattempt"}  # tables that no backup has rows of


@pytest.fixture
def data(whole_database, settings, tmp_path):
    """The data folder, with SQLite's database in it, as in a container."""
    folder = settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = folder / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    if not IS_SQLITE:
        yield folder
        return
    before = connection.settings_dict["NAME"]
    connection.close()
    shutil.copy(before, folder / "db.sqlite3")
    connection.settings_dict["NAME"] = str(folder / "db.sqlite3")
    yield folder
    connection.close()
    connection.settings_dict["NAME"] = before


@pytest.fixture
def machine(data, tmp_path):
    """A machine on which the scripts run, with a site that has been started."""
    call_command("prepare", verbosity=0)
    path_of(services.gpg)
    folder = tmp_path / "srv"
    folder.mkdir()
    if IS_SQLITE:
        machine = Machine(folder, DATA=str(data))
    else:
        variables = server_variables(production.database_of_the_test())
        machine = Machine(folder, postgresql_server.find_server_programs(), DATA=str(data), **variables)
    with key_pair(machine.backups / "public.asc") as private:
        machine.variables |= private
        yield machine


def back_up(machine):
    """Run the script, and return what it needs to be restored: the beginning of the names."""
    done = machine.run(script(SECTION, "Back up"))
    assert done.returncode == 0, done.stderr
    return machine.newest()


def restore(machine, name):
    """Run the script, and return the finished process."""
    connection.close()
    done = machine.run(script(SECTION, "Restore"), name)
    backups.forget_database()
    return done


def state():
    """Return {table: number of its rows}, 0 if no backup has them, and {path: SHA-256} of the files."""
    paths = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    files = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return backups.row_counts() | dict.fromkeys(OUTSIDE, 0), files


def statuses(*addresses):
    return [Client().get(address).status_code for address in addresses]


def read_story(story):
    """Return the HTML of `story` on its page, without the links to other stories."""
    return str(builders.parse(Client().get(story.url)).select(".story__header, .prose"))


def test_backup_is_restored_and_who_withdrew_since_is_withdrawn_again(client, data, machine):
    person = withdrawal_world.make_named_person()
    people.make_story_about(person, slug=SLUG)
    story = builders.make_story("Long road", lead_image=builders.make_image(), lead_image_alt="A lamp")
    story.save_revision()
    builders.make_document()
    client.force_login(builders.make_user("Editors"))
    session = client.session.session_key
    LoginAttempt.objects.create(digest="of a name", last=timezone.now())
    page = read_story(story)
    before = state()
    unfinished = data / "media" / f"{UNFINISHED}x"
    unfinished.touch()
    name = back_up(machine)
    unfinished.unlink()
    assert state() == before, "the backup changed nothing"
    assert not (data / "copy.sqlite3").exists()
    made = list(machine.backups.glob("*.gpg"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert not machine.run(f"gpg --decrypt /srv/backups/{Path(name).name}.tar.gpg > files.tar").returncode
    with tarfile.open(machine.folder / "files.tar") as archive:
        assert {path.partition("/")[0] for path in archive.getnames()} == {"media", *DATABASE_IN_TAR}
        assert f"media/{unfinished.name}" not in archive.getnames()
    assert session.encode() not in (machine.folder / "files.tar").read_bytes()

    later = builders.make_story(lead_image=builders.make_image(size=(99, 44)), lead_image_alt="A lamp")
    withdraw_all(person)
    next(path for path in before[1] if path.exists()).unlink()
    if IS_SQLITE:
        # A server that was killed leaves this file, which must not be taken for that of the new database.
        log = (data / "db.sqlite3-wal").read_bytes()
        connection.close()
        (data / "db.sqlite3-wal").write_bytes(log)
    done = restore(machine, name)
    assert done.returncode == 0, done.stderr
    assert state() == before
    assert not Session.objects.exists() and not LoginAttempt.objects.exists()
    assert not (data / "restored").exists()
    assert statuses(HOME) == [200], "the site has not been started yet"
    call_command("prepare", verbosity=0)
    assert read_story(story) == page
    again = builders.make_story("Afterwards")
    assert statuses(HOME, later.url, again.url) == [404, 404, 200]


def test_broken_backup_changes_nothing(machine):
    story = builders.make_story("Is here", lead_image=builders.make_image(), lead_image_alt="A lamp")
    name = back_up(machine)
    assert statuses(story.url) == [200]  # which makes renditions
    before = state()
    for path in machine.backups.glob("20*"):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        done = restore(machine, name)
        path.write_bytes(content)
        assert done.returncode, path
        assert state() == before
        assert statuses(story.url) == [200]
        calls = machine.calls.read_text()
        assert not re.search(r"stop |RENAME|&& mv ", calls), "the site is not stopped for it"
    # What the failed ones left is not in the way. The site is stopped while it is replaced.
    assert restore(machine, name).returncode == 0
    calls = list(enumerate(machine.calls.read_text().splitlines()))
    steps = ("stop ", "RENAME|&& mv ", "up --detach|start ", "prepare && .* make_renditions")
    [stop], replacing, [start], [last] = ([n for n, call in calls if re.search(step, call)] for step in steps)
    assert len(replacing) == (1 if IS_SQLITE else 2)
    assert stop < min(replacing) and max(replacing) < start < last


def test_old_backups_are_deleted_unless_the_new_one_failed(data, machine):
    old = machine.backups / "2020-01-01.tar.gpg"
    ledger_copy = machine.backups / "withdrawals.jsonl.gpg"
    for path in (old, ledger_copy):
        path.write_text("old")
        os.utime(path, (0, 0))
    (data / "media").rmdir()
    assert machine.run(script(SECTION, "Back up")).returncode
    assert [path.name for path in data.glob("copy*")] == []
    assert old.exists() and ledger_copy.read_text() == "old"
    (data / "media").mkdir()
    back_up(machine)
    assert not old.exists()

    # Another machine gets the list of withdrawals.
    content = ledger.file_path().read_bytes()
    ledger.file_path().unlink()
    assert machine.run(script("The list of withdrawals")).returncode == 0
    assert ledger.file_path().read_bytes() == content
