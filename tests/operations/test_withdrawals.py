"""A withdrawal outlives a restore, and leaves nothing in the file of the database."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from safeguarding.models import Contributor, Ledger, WithdrawalTask
from safeguarding.policies import GROUP
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.tasks import run_tasks
from tests.support import builders, withdrawal_world
from tests.support.backups import restore_site, save_site
from tests.support.stored_text import tables_with
from tests.support.withdrawal_world import HOME, NAME, withdraw_all

pytestmark = pytest.mark.usefixtures("whole_database")


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path, store):
    settings.DATA_DIR = tmp_path
    return tmp_path


def make_site(path):
    """Make a story of a person and one of somebody else, and save the site. Return the person and both."""
    person = withdrawal_world.make_named_person()
    own, image, _document = withdrawal_world.make_own_stories(person)
    other = withdrawal_world.make_others()
    # A picture of which nobody has said yet who is on it, and which the ledger knows by its hash.
    ledger.write()
    save_site(path)
    return person, own, image, other


def raw_bytes():
    """Return the bytes of SQLite's file and of its write-ahead log."""
    name = connection.settings_dict["NAME"]
    paths = [Path(f"{name}{suffix}") for suffix in ("", "-wal")]
    return b"".join(path.read_bytes() for path in paths if path.exists())


def test_withdrawal_leaves_nothing_in_the_file_and_outlives_a_restore(client, tmp_path):
    person, own, image, other = make_site(tmp_path / "site.zip")
    assert client.get(HOME).status_code == 200
    withdraw_all(person)
    # After the commit, before the scheduler runs.
    left = WithdrawalTask.objects.filter(done_at=None)
    assert list(left.values_list("step", flat=True)) == ["again", "index", "vacuum"]
    assert client.get(HOME).status_code == 410
    if connection.vendor == "sqlite":
        assert NAME.encode() in raw_bytes()
    run_tasks()
    assert not left.exists()
    if connection.vendor == "sqlite":
        assert NAME.lower().encode() not in raw_bytes().lower()

    output = restore_site(tmp_path / "site.zip", overwrite=True)
    assert f"Withdrawn again: {person.code}" in output
    assert Client().get(HOME).status_code == 410
    assert Client().get(other.url).status_code == 200
    # What only a lead says yes to comes back with the backup: here, the name of a tag.
    assert set(tables_with(NAME)) == {"taggit_tag"}
    assert not image.file.storage.exists(image.file.name)
    assert Contributor.objects.get(pk=person.pk).get_status().status == "withdrawn"


def test_without_the_ledger_everybody_is_held_until_a_lead_confirms(client, tmp_path):
    person, own, _image, other = make_site(tmp_path / "site.zip")
    nobody = builders.make_story("About nobody")
    save_site(tmp_path / "later.zip")
    withdraw_all(person)
    ledger.file_path().unlink()

    output = restore_site(tmp_path / "later.zip", overwrite=True)
    assert "is held back until the safeguarding team confirms it" in output
    addresses = [HOME, other.url, nobody.url]
    assert [Client().get(each).status_code for each in addresses] == [404, 404, 200]
    # The scheduler does not make a ledger that the next restore would trust.
    ledger.write()
    restore_site(tmp_path / "later.zip", overwrite=True)
    assert [Client().get(each).status_code for each in addresses] == [404, 404, 200]

    withdraw_all(Contributor.objects.get(pk=person.pk))
    client.force_login(builders.make_user(GROUP))
    client.post("/admin/safeguarding/withdrawals/after-restore/")
    assert [Client().get(each).status_code for each in addresses] == [410, 200, 200]
    assert Ledger.get().held_since is None
    # Now the ledger is trusted again.
    assert person.code in ledger.file_path().read_text()


def test_person_whom_the_backup_does_not_know_is_found_by_the_digests(tmp_path):
    image = withdrawal_world.named_image()
    story = builders.make_story(NAME, slug="zahrawi-lamps", lead_image=image, lead_image_alt="Somebody")
    ledger.write()
    save_site(tmp_path / "site.zip")
    person = withdrawal_world.make_named_person()
    image.people.set([person])
    story.people, story.story_people = "listed", withdrawal_world.rows_of(person)
    with withdrawal_world.before_the_words(person):
        story.save()
    withdraw_all(person)
    restore_site(tmp_path / "site.zip", overwrite=True)
    assert Client().get(HOME).status_code == 410
    assert tables_with(NAME) == {}
    assert not image.file.storage.exists(image.file.name)


def test_half_a_line_of_the_ledger_is_ignored():
    person = withdrawal_world.make_named_person()
    withdraw_all(person)
    run_tasks()
    path = ledger.file_path()
    path.write_bytes(path.read_bytes()[:-10])
    ledger.write()
    assert [entry["code"] for entry in ledger.read()[Ledger.get().salt].values()] == [person.code]
