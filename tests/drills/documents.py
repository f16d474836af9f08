"""Drill: document and picture bombs, small files that take much memory or time, are uploaded to the site."""

import threading
import time
from pathlib import Path

from tests.drills import Row, say
from tests.drills.sites import Editor, site_on_sqlite
from tests.support import picture_bombs
from tests.support.document_bombs import BOMBS

MEGABYTE = 1_000_000
MAX_MEMORY = 300  # megabytes for one upload
# Seconds for one upload. media/sanitizer/limits.py allows a picture more CPU time than a document.
MAX_SECONDS = {"document": 5, "picture": 6}


class Memory:
    """Context manager that measures the growth of the memory of a worker process and its children."""

    def __init__(self, worker):
        self.worker, self.going = worker, True
        self.start = self.peak = self.now()
        self.thread = threading.Thread(target=self.watch)

    def now(self):
        return sum(map(private_memory, [self.worker, *children_of(self.worker)]))

    def watch(self):
        while self.going:
            self.peak = max(self.peak, self.now())
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.going = False
        self.thread.join()

    @property
    def growth(self):
        return (self.peak - self.start) / MEGABYTE


def children_of(worker):
    """Return the IDs of the processes that the threads of `worker` started."""
    found = set()
    for thread in Path(f"/proc/{worker}/task").glob("*/children"):
        try:
            found |= set(map(int, thread.read_text().split()))
        except OSError:
            continue
    return found


def private_memory(process):
    """Return the private memory of `process` in bytes, or 0 if it has ended.

    Memory that it shares with its parent would count twice.
    """
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    private = [line.split()[1] for line in text.splitlines() if line.startswith("Private_")]
    return sum(map(int, private)) * 1024


def document_bombs(folder):
    """Upload small documents and pictures that take much memory or time to open."""
    rows = []
    with site_on_sqlite(folder) as site:
        site.start(workers=1)
        editor = Editor(site)
        for name, make in BOMBS.items():
            rows.append(upload(site, editor.upload_document, name, make(), MAX_SECONDS["document"]))
        for name, make in picture_bombs.BOMBS.items():
            rows.append(upload(site, editor.upload, name, make(), MAX_SECONDS["picture"]))
        status = editor.save_draft("After the uploads")
    return [*rows, Row("document bombs: a draft is saved afterwards", f"{status}", "302", status == 302)]


def upload(site, send, name, data, max_seconds):
    """Upload a file with the function `send`; return a Row about memory and time.

    The file may be stored, or refused with an error in the form. The worker process must survive.
    """
    (worker,) = site.workers()
    with Memory(worker) as memory:
        start = time.monotonic()
        status, _headers, body = send(name, data)
        seconds = time.monotonic() - start
    refused = b'class="error-message"' in body
    say(f"{name}: {len(data) / 1000:.0f} KB, {status}, {memory.growth:.0f} MB, {seconds:.1f} s")
    survived = site.workers() == [worker]
    answered = status == 302 or (status == 200 and refused)
    outcome = "stored" if status == 302 else "refused with a message" if answered else f"status {status}"
    return Row(
        f"document bombs: {name}",
        f"{memory.growth:.0f} MB, {seconds:.1f} s, {outcome}",
        f"<= {MAX_MEMORY} MB, {max_seconds} s",
        answered and survived and memory.growth <= MAX_MEMORY and seconds <= max_seconds,
    )
