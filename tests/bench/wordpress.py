"""Benchmark of the import from WordPress. `make bench ARGS=wordpress` runs it.

    python -m tests.bench.wordpress 1000 10000     with 1,000 posts, then with 10,000

It makes an export, reports on it, and imports it into a new database on the server of DATABASE_URL, which it
deletes at the end. The command runs in a process of its own. Each result is printed as a line of JSON:
seconds that passed and seconds of the process's CPU, or megabytes. PostgreSQL takes CPU time of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first
from django.db import connection  # noqa: E402

from tests.bench.search import temporary_database  # noqa: E402
from tests.support.builders import make_index  # noqa: E402
from tests.support.distractors import THEMES, Writer  # noqa: E402
from tests.support.memory import peak  # noqa: E402
from tests.support.wordpress import HEAD, TAIL, wp_author, wp_item  # noqa: E402
from wordpress_import.models import ImportedItem  # noqa: E402

# With so many words, 10,000 posts have about 92 MB.
WORDS_OF_A_POST = 1390
AUTHORS = 20
# The growth of memory is counted from this item, because the first ones load code and fill caches. It has to
# be a multiple of STEP in wordpress_import/importer.py: the command prints its progress after so many items.
GROWTH_FROM = 1000
STATUS = Path("/proc/self/status")


def main(sizes):
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-wordpress-") as folder, temporary_database():
            make_index()
            export = Path(folder) / "export.xml"
            write_export(export, size)
            report(size, "export", megabytes=round(export.stat().st_size / 1e6))
            run_alone(size, "dry run", folder)
            run_alone(size, "import", folder)
            if ImportedItem.objects.count() != size:
                sys.exit("Not every post was imported.")


def run_alone(size, question, folder):
    """Run the command for `question` in a new process on the new database."""
    # The new database is on the same server as that of DATABASE_URL or, with SQLite, in the same folder.
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    address = f"{server}/{Path(connection.settings_dict['NAME']).name}"
    command = [sys.executable, "-m", "tests.bench.wordpress", question, folder, str(size)]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": address}, check=True)


def write_export(path, size):
    """Write an export of `size` posts to `path`: one third each of the classic editor, blocks and Divi."""
    writer = Writer(seed=size, words=WORDS_OF_A_POST)
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(AUTHORS):
            file.write(wp_author(number + 1, f"login{number}", f"Author {number}"))
        for number in range(1, size + 1):
            file.write(make_post(number, writer))
        file.write(TAIL)


def make_post(number, writer):
    """Return the XML of a post. Most link to the one before, each tenth to the next one, not yet imported."""
    title, summary, body = writer.story()
    texts = [text_of(block) for block in json.loads(body)]
    other = number + 1 if number % 10 == 0 else number - 1
    texts.append(f'<p>Read <a href="https://old.example/post-{other}/">another one</a>.</p>')
    kind = number % 3
    if kind == 0:
        content = "\n\n".join(text.replace("</p><p>", "\n\n") for text in texts)
    elif kind == 1:
        content = "\n".join(f"<!-- wp:html -->{text}<!-- /wp:html -->" for text in texts)
    else:
        # Divi is a page builder that writes shortcodes.
        modules = "".join(f"[et_pb_text]{text}[/et_pb_text]" for text in texts)
        content = (
            f"[et_pb_section][et_pb_row][et_pb_column]{modules}[/et_pb_column][/et_pb_row][/et_pb_section]"
        )
    theme = THEMES[number % len(THEMES)]
    terms = [("category", theme.lower().replace(" ", "-"), theme), ("post_tag", "kenya", "Kenya")]
    fields = {"title": title, "excerpt": summary, "creator": f"login{number % AUTHORS}"}
    return wp_item(number, content, terms=terms, **fields)


def text_of(block):
    value = block["value"]
    return value if block["type"] == "text" else f"<h2>{value['text']}</h2>"


class Progress:
    """Receives the command's lines of progress, "500 of 2000 items, ...".

    `memory`: {number of items: bytes in use at that point}.
    """

    def __init__(self):
        self.memory = {}

    def write(self, text):
        number, is_progress, _rest = text.partition(" of ")
        if is_progress and number.isdecimal():
            self.memory[int(number)] = resident()
            print(text.strip(), file=sys.stderr, flush=True)


def resident():
    """Return how much memory this process takes now, in bytes."""
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if "VmRSS" in line) * 1024


def run(question, folder, size):
    """Run the command and report what it took."""
    options = ["--write"] if question == "import" else []
    progress, start = Progress(), time.perf_counter()
    export, to = folder / "export.xml", folder / "report"
    call_command("import_wordpress", export, "--report", to, *options, stdout=progress)
    seconds = time.perf_counter() - start
    report(size, question, seconds=round(seconds, 1), cpu=round(time.process_time(), 1))
    report(size, f"{question}: peak memory", megabytes=round(peak(STATUS) / 1e6))
    if progress.memory.get(GROWTH_FROM) and size > GROWTH_FROM:
        grown = max(progress.memory.values()) - progress.memory[GROWTH_FROM]
        report(size, f"{question}: growth", megabytes=round(grown / 1e6))


def report(size, question, **figures):
    """Print one result."""
    row = {"database": connection.vendor, "posts": size, "question": question, **figures}
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    # run_alone() starts this module again with "dry run" or "import" in place of the first number.
    if sys.argv[1].isdecimal():
        main(map(int, sys.argv[1:]))
    else:
        run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
