"""Imports a WordPress export in processes that are killed and run again, for the drill import_killed.

python -m tests.drills.importing    prints [[where it was killed, what is wrong or ""], …] as JSON
"""

import io
import json
import os
import random
import re
import shutil
import signal

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from wagtail.models import Page  # noqa: E402

from media.models import CleanDocument, CleanImage  # noqa: E402
from tests.drills import in_other_process  # noqa: E402
from tests.support.builders import make_index, picture_bytes  # noqa: E402
from tests.support.wordpress import export, wp_author, wp_item  # noqa: E402
from wordpress_import.models import ImportedFile, ImportedItem, OldAddress  # noqa: E402

# The data folder, with the database, and a copy of it as it was before the import.
DATA, ASIDE = settings.DATA_DIR, settings.DATA_DIR.with_name("aside")
POSTS, KILLS = 20, 10
# Primary keys in raw bodies, after what tells the kind of object. The ids of blocks are random.
KEYS = re.compile(r'(linktype=\\"page\\" id=\\"|"image": |linktype=\\"document\\" id=\\")(\d+)')
BLOCK_ID = re.compile(r'"id": "[0-9a-f-]{36}"')


def main():
    make_index()
    write_source(DATA.parent)
    connections.close_all()  # so that all rows are in the file of the database
    shutil.copytree(DATA, ASIDE)
    if in_other_process(lambda: count_statements(run)):
        raise SystemExit("The import that was not killed failed.")
    total, expected = int((DATA / "statements").read_text()), snapshot()
    if len(expected["items"]) != POSTS:
        raise SystemExit("Not every item was imported.")
    points = sorted(random.Random(21).sample(range(1, total), KILLS))  # noqa: S311 - always the same
    print(json.dumps([[f"{point} of {total}", kill_and_finish(point, expected)] for point in points]))


def write_source(folder):
    """Write the export and its uploads into `folder`. Each post links to the next one and shows a picture."""
    items = []
    for number in range(1, POSTS + 1):
        path = f"/wp-content/uploads/2020/04/{number % 7}.jpg"
        content = (
            f'<p>Words {number}, <a href="https://old.example/post-{number + 1}/">more</a>.</p>'
            f'<p><img src="{path}" alt="A place"></p><p><a href="/wp-content/uploads/facts.txt">Facts</a></p>'
        )
        terms = [("category", f"c{number % 3}", f"Theme {number % 3}"), ("post_tag", "kenya", "Kenya")]
        kind = "page" if number % 5 == 0 else "post"
        items.append(wp_item(number, content, terms=terms, type=kind, creator="login"))
    (folder / "export.xml").write_text(export(*items, authors=wp_author(1, "login", "Ama K.")))
    uploads = folder / "uploads" / "2020" / "04"
    uploads.mkdir(parents=True)
    for number in range(7):
        (uploads / f"{number}.jpg").write_bytes(picture_bytes(40 + number, 30, "JPEG"))
    (folder / "uploads" / "facts.txt").write_text("Facts in words.")


def run():
    folder = DATA.parent
    call_command(
        "import_wordpress",
        folder / "export.xml",
        "--write",
        *("--uploads", str(folder / "uploads"), "--report", str(folder / "report")),
        stdout=io.StringIO(),
    )


def count_statements(function):
    """Call `function`, and write the number of its statements in the database into a file."""
    count = 0

    def counted(execute, *arguments):
        nonlocal count
        count += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        function()
    (DATA / "statements").write_text(str(count))


def kill_and_finish(point, expected):
    """Kill a run at the statement number `point`, run it again, and return what differs from `expected`."""
    shutil.rmtree(DATA)
    shutil.copytree(ASIDE, DATA)
    if in_other_process(lambda: run_and_die(point)) != -signal.SIGKILL:
        return "it was not killed"
    if in_other_process(run):
        return "the second run failed"
    found = snapshot()
    return ", ".join(name for name in expected if found[name] != expected[name])


def run_and_die(point):
    left = point

    def counted(execute, *arguments):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        run()


def snapshot():
    """Return {what: its content}, without primary keys and times, of all that an import writes."""
    pages = Page.objects.order_by("path").specific()
    found = {
        "tree": [describe(page) for page in pages],
        "files": sorted([*hashes(CleanImage).values(), *hashes(CleanDocument).values()]),
        "imported files": sorted(ImportedFile.objects.values_list("key", flat=True)),
        "items": sorted(ImportedItem.objects.values_list("key", "page__slug", "needs_eyes")),
        "addresses": sorted(OldAddress.objects.values_list("digest", "page__slug")),
    }
    connections.close_all()  # the next run replaces the file of the database
    return found


def hashes(model):
    """Return {primary key: hash of the file} of a model of the library."""
    return dict(model.objects.values_list("pk", "file_hash"))


def describe(page):
    """Return what a page and its draft have, with slugs and hashes in place of primary keys."""
    draft = page.get_latest_revision_as_object()
    slugs = dict(Page.objects.values_list("pk", "slug"))
    names = {"page": slugs, "image": hashes(CleanImage), "document": hashes(CleanDocument)}

    def named(match):
        kind = next(kind for kind in names if kind in match[1])
        return match[1] + names[kind][int(match[2])]

    bodies = [
        KEYS.sub(named, BLOCK_ID.sub("", json.dumps(list(each.body.raw_data))))
        for each in (page, draft)
        if hasattr(each, "body")
    ]
    terms = [[str(each) for each in getattr(draft, name, ())] for name in ("countries", "themes", "authors")]
    parent = page.get_parent()
    return [parent and parent.slug, page.slug, type(page).__name__, page.title, page.live, bodies, terms]


if __name__ == "__main__":
    main()
