"""Erases a person, for the drill of withdrawal.py, with the settings of its site.

python -m tests.drills.erasing FOLDER    prints {place: [words of the person before, words after]} as JSON
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
from tests.support import admin_world, builders, crawl, opened, routes, stored_text, withdrawal_world, wsgi  # noqa: E402  # noqa: E402
from tests.support.withdrawal_world import ADDRESSES, SENTINELS, withdraw_all  # noqa: E402

# The users whose pages are crawled, with their groups.
USERS = {"visitor": None, "editor": ["Editors"], "lead": [GROUP, "Moderators"]}
# Public pages that could name the person. “walked” is a word of the story.
PUBLIC = ["/", "/stories/", "/fr/", "/sitemap.xml", "/robots.txt", "/search/?q=walked", *ADDRESSES]


def left(folder):
    """Return {place: [words of the person there before the withdrawal, words after it]}."""
    default_storage.bucket.create()
    person = withdrawal_world.make_named_person()
    story, image, _document = withdrawal_world.make_own_stories(person)
    with withdrawal_world.without_words(person):
        withdrawal_world.make_traces(story)
    other = withdrawal_world.make_others()
    section = admin_world.make_section("Section", "Quixotic")
    addresses = [address for _name, address in routes.Addresses(section)]
    words = [*SENTINELS, image.file_hash]
    users = {name: groups and builders.make_user(*groups, username=name) for name, groups in USERS.items()}
    public, lead = wsgi.SiteClient(), wsgi.SiteClient(raise_request_exception=False)
    lead.force_login(users["lead"])

    def look(moment):
        """Return {place: words found there}. Asking for the public pages first puts them into the caches."""
        # A page may repeat its own address, so that is no word that was left.
        pages = [public.get(each).content.replace(each.strip("/").encode(), b"") for each in PUBLIC]
        dump = ["pg_dump", "--inserts", "--dbname", os.environ["DATABASE_URL"]]
        places = {
            "rows": [repr(stored_text.stored_rows()).encode()],
            "dump of PostgreSQL": [subprocess.run(dump, capture_output=True, check=True).stdout],
            "files of PostgreSQL": stored_text.database_files().values(),
            "bucket": [
                name.encode() + default_storage.open(name).read() for name in stored_text.stored_names()
            ],
            "public pages": pages,
            "data folder": [path.read_bytes() for path in settings.DATA_DIR.rglob("*") if path.is_file()],
            "routes of the admin": [lead.get(address).content for address in addresses],
            "log": [log.read_bytes()],
        }
        for name, user in users.items():
            bodies = folder / moment / name
            bodies.mkdir(parents=True)
            answers = json.dumps(crawl.crawl(user, bodies)).encode()
            places[f"pages as {name}"] = [answers, *(path.read_bytes() for path in bodies.iterdir())]
        return {place: sorted(opened.words_in(b"\n".join(texts), words)) for place, texts in places.items()}

    log = folder / "log"
    logging.getLogger().addHandler(logging.FileHandler(log))
    logging.getLogger().setLevel("INFO")
    others = public.get(other.url).content
    before = look("before")
    withdrawal = withdraw_all(person)
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
    return {place: [before[place], found] for place, found in after.items()}


if __name__ == "__main__":
    print(json.dumps(left(Path(sys.argv[1]))))
