"""Small documents that take much to open, uploaded to the running server."""

import threading
import time
from pathlib import Path

from tests.drills import Row, say
from tests.drills.scene import Editor, site_on_sqlite
from tests.support.document_bombs import BOMBS

MEGABYTE = 1_000_000
MOST_MEMORY, MOST_SECONDS = 300, 5


class Memory:
    """The memory of the worker and its children together: how far above its beginning it came."""

    def __init__(self, worker):
        self.worker, self.going = worker, True
        self.start = self.peak = self.now()
        self.thread = threading.Thread(target=self.watch)

    def now(self):
        return sum(map(resident, [self.worker, *children_of(self.worker)]))

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
    """Return the ids of the processes that any thread of `worker` started."""
    found = set()
    for thread in Path(f"/proc/{worker}/task").glob("*/children"):
        try:
            found |= set(map(int, thread.read_text().split()))
        except OSError:
            continue
    return found


def resident(process):
    """Return the bytes of memory that `process` has, without what it shares; 0 when it is gone."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    private = [line.split()[1] for line in text.splitlines() if line.startswith("Private_")]
    return sum(map(int, private)) * 1024


def document_bombs(folder):
    """Upload documents that are small and take much to open, one after another."""
    rows = []
    with site_on_sqlite(folder) as site:
        site.start(workers=1)
        try:
            editor = Editor(site)
            for name, make in BOMBS.items():
                rows.append(upload(site, editor, name, make()))
            well = editor.save_draft("After all that")
        finally:
            site.stop()
    return [*rows, Row("document bombs: a draft is saved afterwards", f"{well}", "302", well == 302)]


def upload(site, editor, name, data):
    (worker,) = site.workers()
    with Memory(worker) as memory:
        start = time.monotonic()
        status, _headers, body = editor.upload_document(name, data)
        seconds = time.monotonic() - start
    refused = b"error" in body
    say(f"{name}: {len(data) / 1000:.0f} KB, {status}, {memory.growth:.0f} MB, {seconds:.1f} s")
    same = site.workers() == [worker]
    answered = status == 302 or (status == 200 and refused)
    return Row(
        f"document bombs: {name}",
        f"{memory.growth:.0f} MB, {seconds:.1f} s, {'kept' if status == 302 else 'refused in words'}"
        if answered
        else f"{status}",
        f"<= {MOST_MEMORY} MB, {MOST_SECONDS} s",
        answered and same and memory.growth <= MOST_MEMORY and seconds <= MOST_SECONDS,
    )
