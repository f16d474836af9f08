"""Fills a database of each kind as a site of this version, and writes it to tests/operations/releases/.

    python -m tests.support.release_databases

Run it once for each minor version, when its migrations are final. tests/operations/test_upgrading.py then
upgrades these databases in each later version. Beside each, a JSON file has what the site answered. It also
writes the empty database of operations/new_site.py.
"""

import gzip
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

from site_project import VERSION
from tests.support import postgresql_server, production

FOLDER = Path(__file__).parents[1] / "operations" / "releases"
NEW_SITE = Path(__file__).parents[2] / "operations" / "new_site.sql.gz"
KEY = "dGVzdHMgb2YgdXBncmFkaW5nIGEgZmlsbGVkIHNpdGU="  # for SAFEGUARDING_KEYS: its texts are invented
NAMES = "Invented for the tests: somebody who may be named"
STOPPED, WITHDRAWN = "somebody-who-stopped", "somebody-who-withdrew"


def main():
    for kind, dump in {"sqlite": dump_sqlite, "postgresql": dump_postgresql}.items():
        with tempfile.TemporaryDirectory() as folder:
            content, facts = dump(Path(folder))
        path = FOLDER / f"{VERSION}.{kind}.xz"
        path.write_bytes(lzma.compress(content, preset=9))
        path.with_suffix(".json").write_text(f"{json.dumps(facts, indent=1)}\n")
    with tempfile.TemporaryDirectory() as folder:
        NEW_SITE.write_bytes(gzip.compress(dump_new_site(folder), mtime=0))


def dump_sqlite(folder):
    """Return the content of the file, and the facts that `fill` prints. SQL can't fill the search index."""
    path = folder / "db.sqlite3"
    facts = run_filling(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM")
    return path.read_bytes(), facts


def dump_postgresql(_folder):
    """Return the SQL of the database, and the facts that `fill` prints."""
    with postgresql_server.postgres() as server, postgresql_server.new_database(server) as address:
        facts = run_filling(address)
        return read_sql(address), facts


def dump_new_site(folder):
    """Return the SQL of a database without content, for a schema of any name."""
    with postgresql_server.postgres() as server, postgresql_server.new_database(server) as address:
        # `prepare` stores the site's own address.
        production.Site(folder, address, BASE_URL="https://build.invalid").manage("migrate")
        # These rows are random numbers.
        return read_sql(address, "--exclude-table-data=caching_change").replace(b"public.", b"")


def read_sql(address, *options):
    # As INSERT instead of COPY, which only psql reads. SET lines are for servers of the same version.
    options = [
        "--inserts",
        "--rows-per-insert=100",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        *options,
    ]
    command = [postgresql_server.find_server_programs() / "pg_dump", *options, address]
    sql = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    left_out = ("SET ", "\\", "--", "SELECT pg_catalog.set_config(", "CREATE EXTENSION")
    return "\n".join(line for line in sql.splitlines() if not line.startswith(left_out)).encode()


def run_filling(database):
    environment = os.environ | {"DATABASE_URL": database, "SAFEGUARDING_KEYS": KEY}
    environment |= {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", "from tests.support.release_databases import fill; fill()"]
    return json.loads(
        subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    )


def fill():
    """Fill the database of the settings. Print facts as JSON: the time, the site's answers and its ledger."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from wagtail.models import Page

    from media.cleaning import CleanFile
    from safeguarding.scopes import Naming
    from safeguarding.stop_codes import StopCode
    from safeguarding.stopping import stop
    from safeguarding.withdrawal import ledger
    from stories.demo import load
    from tests.support import builders, hidden_pages, people, withdrawal_world

    # To clean and scale the demo's own pictures takes a minute.
    load.clean_picture = lambda _file: CleanFile(builders.picture_bytes(160, 100), ".png")
    call_command("migrate", verbosity=0)
    call_command("load_demo", stdout=sys.stderr)
    builders.make_user(username="editor", is_superuser=True)
    named = people.make_agreeing_person(names=NAMES)
    people.make_story_about(named, naming=Naming.REAL, title="By the real name", slug="by-the-real-name")
    people.record(named, **people.ALL_AGREED)
    stopped, withdrawn = people.make_agreeing_person(), people.make_agreeing_person()
    people.make_story_about(stopped, title="Somebody who stopped", slug=STOPPED)
    people.make_story_about(withdrawn, title="Somebody who withdrew", slug=WITHDRAWN)
    StopCode.make(stopped)
    stop(stopped)
    address = Page.objects.get(slug=WITHDRAWN).url
    withdrawal_world.withdraw_all(withdrawn)
    hidden_pages.hidden_at_once()
    call_command("prepare", verbosity=0)
    client = Client()
    answers = {address: describe(client.get(address))}
    for page in Page.objects.filter(depth__gt=1):
        answers[page.url] = describe(client.get(page.url))
    answers["/search/?q=kenya"] = describe(client.get("/search/?q=kenya"))
    facts = {"time": datetime.now().isoformat(), "answers": answers, "ledger": ledger.file_path().read_text()}
    sys.stdout.write(json.dumps(facts))


def describe(response):
    """Return the status of a response, and the headings of its page."""
    from tests.support import builders

    if response.status_code != 200:
        return [response.status_code, []]
    return [
        200,
        [each.get_text(" ", strip=True) for each in builders.parse(response).select("main h1, main h2")],
    ]


if __name__ == "__main__":
    main()
