"""Names a person in all places, erases the person, and looks for the words that are left.

The drill withdrawal_leaves_nothing runs it. A withdrawal erases somebody who takes back their consent.

python -m tests.drills.leaving FOLDER    prints {place: [words before, words after]} as JSON
"""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import django
import time_machine

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from safeguarding.policies import GROUP  # noqa: E402
from tests.support import admin_world, builders, crawl, withdrawal_world  # noqa: E402
from tests.support.opened import words_in  # noqa: E402
from tests.support.routes import Addresses  # noqa: E402
from tests.support.stored_text import database_files, stored_names, stored_rows  # noqa: E402
from tests.support.withdrawal_world import ADDRESSES, SENTINELS  # noqa: E402
from tests.support.wsgi import SiteClient  # noqa: E402

# The users whose pages are crawled, with their groups.
USERS = {"visitor": None, "editor": ["Editors"], "lead": [GROUP, "Moderators"]}
# Public pages that could name the person. “walked” is a word of the story.
PUBLIC = ["/", "/stories/", "/fr/", "/sitemap.xml", "/robots.txt", "/search/?q=walked"]


def main(folder):
    default_storage.bucket.create()
    person = withdrawal_world.make_named_person()
    story, image, _document = withdrawal_world.make_own_stories(person)
    with withdrawal_world.without_words(person):
        withdrawal_world.make_traces(story)
    other = withdrawal_world.make_others()
    addresses = [address for _name, address in Addresses(admin_world.make_section("Section", "Quixotic"))]
    words = [*SENTINELS, image.file_hash]
    users = {
        name: builders.make_user(*groups, username=name) if groups else None for name, groups in USERS.items()
    }
    public = SiteClient()

    def look(moment):
        """Return {place: words found there}. Asking for the public pages first puts them into the caches.

        `moment`: “before” or “after”, the name of the folder for the crawled pages.
        """
        # A page may repeat its own address, so that is no word that was left.
        pages = [
            public.get(address).content.replace(address.strip("/").encode(), b"")
            for address in [*PUBLIC, *ADDRESSES]
        ]
        return {
            "rows": words_in(repr(stored_rows()).encode(), words),
            "dump of PostgreSQL": words_in(dump(), words),
            "files of PostgreSQL": words_in(b"\n".join(database_files().values()), words),
            "bucket": words_in(b"\n".join(bucket_contents()), words),
            "public pages": words_in(b"\n".join(pages), words),
            "data folder": words_in(b"\n".join(files_of_data()), words),
            "routes of the admin": walked(users["lead"], addresses, words),
            "log": words_in(log.read_bytes(), words),
        } | {f"pages as {name}": crawled(folder / moment, name, user, words) for name, user in users.items()}

    log = folder / "log"
    logging.getLogger().addHandler(logging.FileHandler(log))
    logging.getLogger().setLevel("INFO")
    others = public.get(other.url).content
    before = look("before")
    withdrawal = withdrawal_world.withdraw_all(person)
    # A task can wait for another one until the second run, and one waits for the night.
    for hour in (12, 12, 3):
        with time_machine.travel(timezone.localtime().replace(hour=hour)):
            call_command("run_due_work")
    statuses = {public.get(address).status_code for address in ADDRESSES}
    assert statuses == {404}, statuses
    assert public.get(other.url).content == others
    addresses.append(reverse("safeguarding_withdrawals:report", args=[withdrawal.pk]))
    after = look("after")
    assert log.stat().st_size, "nothing was logged"
    print(json.dumps({place: [sorted(before[place]), sorted(found)] for place, found in after.items()}))


def dump():
    """Return what pg_dump writes about the database."""
    command = ["pg_dump", "--inserts", "--dbname", os.environ["DATABASE_URL"]]
    return subprocess.run(command, capture_output=True, check=True).stdout


def bucket_contents():
    """Yield the name and the content of each file in the bucket."""
    for name in stored_names():
        yield name.encode()
        yield default_storage.open(name).read()


def files_of_data():
    """Yield the content of each file in the data folder."""
    yield from (path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file())


def crawled(folder, name, user, words):
    """Return those of `words` that are in a page, or in its headers, that `user` gets to by links."""
    bodies = folder / name
    bodies.mkdir(parents=True)
    answers = crawl.crawl(user, bodies)
    texts = [path.read_bytes() for path in bodies.iterdir()]
    # The drill shows the lines that end so.
    sys.stderr.write(f"{name}, {folder.name}: {len(answers)} addresses\n")
    return words_in(b"\n".join([json.dumps(answers).encode(), *texts]), words)


def walked(user, addresses, words):
    """Return those of `words` that an answer to `user` at one of `addresses` has. It follows no links."""
    client, found = SiteClient(raise_request_exception=False), set()
    client.force_login(user)
    for address in addresses:
        found |= words_in(client.get(address).content, words)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
