"""Drills about stored data: a full disk, and crashes during a save."""

import errno
import random
import shutil
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg

from tests.drills import Row, say
from tests.drills.server_faults import large_picture, stored
from tests.drills.sites import Editor, kill_all, site_on_postgresql, site_on_sqlite

# How many drafts are saved, and during how many of these saves the server is killed.
SAVES, CRASHES = 200, 10
MEGABYTES = 16  # size of the small disk

# --- A full disk ---------------------------------------------------------------------------------


@contextmanager
def small_disk(folder):
    """Context manager that mounts a small file system at `folder`, with a copy of its contents."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        raise PermissionError("only root can mount a small disk")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def disk_full(folder):
    """Upload pictures until the disk of the data folder is full; the database is on another."""
    with site_on_postgresql(folder) as (site, _database):
        try:
            with small_disk(site.folder / "data"):
                return fill(site)
        except PermissionError as error:
            return [Row("disk full", f"not run: {error}", "", passed=False)]


def fill(site):
    """Fill the disk with uploads, check the site, free space again; return the Rows."""
    site.start()
    editor = Editor(site)
    before = stored(site)
    picture, uploads = large_picture(), []
    while not uploads or uploads[-1][0] == 302:
        uploads.append(editor.upload("Large picture", picture))
        say(f"upload {len(uploads)}: {uploads[-1][0]}")
    status = uploads[-1][0]
    rows, files = (after - then for after, then in zip(stored(site), before, strict=True))
    filler = site.folder / "data" / "filler"
    with filler.open("wb", buffering=0) as file, suppress_disk_full():
        while True:
            file.write(bytes(100_000))
    pages = [site.ask(address)[0] for address in site.facts["addresses"]]
    draft = editor.save_draft("Saved on a full disk")
    filler.unlink()
    again = editor.upload("There is room again", large_picture(side=200))[0]
    site.stop()  # before its disk is unmounted
    kept = len(uploads) - 1
    return [
        Row(
            "disk full: the upload that has no room",
            f"{status}",
            "500",
            status == 500,
        ),
        Row(
            "disk full: rows and files of it",
            f"{rows - kept} and {files - kept}",
            "0 and 0",
            rows == files == kept,
        ),
        Row(
            "disk full: public pages, a draft",
            f"{pages}, {draft}",
            "200, 302",
            set(pages) == {200} and draft == 302,
        ),
        Row("disk full: an upload when there is room again", f"{again}", "302", again == 302),
    ]


@contextmanager
def suppress_disk_full():
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


# --- A crash -------------------------------------------------------------------------------------


def crash_postgresql(folder):
    """Kill the server and PostgreSQL while an editor saves; look for each save that got a response."""
    with site_on_postgresql(folder) as (site, database):

        def crash():
            kill(site)
            database.kill()
            database.start()

        def titles():
            with psycopg.connect(database.address) as connection:
                rows = connection.execute("SELECT content->>'title' FROM wagtailcore_revision").fetchall()
            return {title for (title,) in rows}

        return save_and_crash("PostgreSQL", site, crash, titles)


def crash_sqlite(folder):
    """Kill the server while an editor saves on SQLite; look for each save that got a response."""
    with site_on_sqlite(folder) as site:

        def titles():
            with closing(sqlite3.connect(site.folder / "data" / "db.sqlite3")) as connection:
                rows = connection.execute("SELECT content->>'title' FROM wagtailcore_revision").fetchall()
                damage = connection.execute("PRAGMA integrity_check").fetchone()[0]
            assert damage == "ok", damage
            return {title for (title,) in rows}

        return save_and_crash("SQLite", site, lambda: kill(site), titles)


def kill(site):
    """Kill all processes of the server at once."""
    kill_all(site.process.pid)
    site.process.wait()


def save_and_crash(name, site, crash, titles):
    """Save SAVES drafts, call `crash` during CRASHES of them, and compare with the stored `titles`()."""
    chance = random.Random(29)  # noqa: S311 - the same every time
    crashes = sorted(chance.sample(range(1, SAVES + 1), CRASHES))
    answered = []
    site.start()
    editor = Editor(site)
    with ThreadPoolExecutor(1) as pool:
        for number in range(1, SAVES + 1):
            if number in crashes:
                # During the save, which then gets no response.
                crasher = pool.submit(crash_after, chance.uniform(0, 0.2), crash)
            title = f"Draft {number:04}"
            try:
                if editor.save_draft(title) == 302:
                    answered.append(title)
            except Exception as error:
                say(f"{title}: no answer ({type(error).__name__})")
            if number in crashes:
                crasher.result()
                site.start()
                say(f"crash {crashes.index(number) + 1} of {CRASHES}")
    kept = titles()
    lost = [title for title in answered if title not in kept]
    # A crash should take the response of one save at most. The limit allows two.
    least = SAVES - 2 * CRASHES
    limit = f"0 lost, >= {least} answered"
    passed = not lost and len(answered) >= least
    return [Row(f"crash, {name}", f"{len(lost)} lost of {len(answered)} answered", limit, passed)]


def crash_after(seconds, crash):
    time.sleep(seconds)
    crash()
