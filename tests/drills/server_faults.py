"""Drills about requests: a killed worker process, a stop during a request, and too large requests."""

import http.client
import io
import os
import shutil
import signal
import socket
import threading
import time
from statistics import median

from PIL import Image

from tests.drills import Row, say
from tests.drills.sites import Editor, Readers, site_on_postgresql
from tests.support.production import HOST

SECONDS, EVERY = 30, 5  # duration of the load, and time between two kills
THREADS = 4
GIGABYTE = 1024**3


def worker_killed(folder):
    """Kill one worker process every five seconds under load."""
    with site_on_postgresql(folder) as (site, _database):
        site.start(workers=2, threads=THREADS)
        for address in site.facts["addresses"]:
            site.ask(address)
        # While there is only one process, it refuses a third search at the same time.
        with Readers(site, 2) as readers:
            start = time.monotonic()
            time.sleep(EVERY)
            kills = []
            while time.monotonic() < start + SECONDS:
                worker = site.workers()[0]
                os.kill(worker, signal.SIGKILL)
                kills.append(time.monotonic())
                say(f"killed worker {worker}")
                time.sleep(EVERY)
        before = readers.rate(start, kills[0])
        after = median(readers.rate(kill + 3, kill + EVERY) for kill in kills)
        failed = readers.failed()
    share = len(failed) / len(kills)
    return [
        Row(
            "worker killed: failed requests a kill",
            f"{share:.1f} ({readers.kinds_of_failure()}; {len(readers.answers)} asked)",
            f"<= {THREADS}",  # a process answers at most as many requests at once as it has THREADS
            share <= THREADS,
        ),
        Row(
            "worker killed: rate 3 s later",
            f"{after:.0f}/s, before {before:.0f}/s",
            ">= 80 %",
            after >= before * 0.8,
        ),
    ]


def large_picture(side=1800):
    """Return a PNG of random pixels, which can't be compressed: ten megabytes with the default `side`."""
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(file, "PNG", compress_level=0)
    return file.getvalue()


def stopped_at_work(folder):
    """Stop the server while it answers one request and receives the body of another."""
    with site_on_postgresql(folder) as (site, _database):
        site.start()
        answers = {}
        try:
            editor = Editor(site)
            before = stored(site)

            def read():
                answers["request"] = site.ask("/slow/")[0]

            reader = threading.Thread(target=read)
            reader.start()
            sender = send_half(site, editor, large_picture())
            time.sleep(1)  # both have begun
            say("stopping the server")
            site.process.terminate()
            time.sleep(0.5)  # it has begun to stop
            answers["upload"] = sender()
            reader.join()
        finally:
            begun = time.monotonic()
            status = site.stop()
            took = time.monotonic() - begun
        rows, files = stored(site)
        both = (rows - before[0], files - before[1])
    return [
        Row(
            "stop: request and upload under way",
            f"{answers}",
            "200 and 302",
            answers == {"request": 200, "upload": 302},
        ),
        Row("stop: row and file of the upload", f"{both[0]} row, {both[1]} file", "1 and 1", both == (1, 1)),
        Row("stop: exit status", f"{status}, after {took:.1f} s", "0 in 30 s", status == 0 and took < 30),
    ]


def send_half(site, editor, picture):
    """Send half of an upload; return a function that sends the rest and returns the status."""
    # As for Site.ask(), the names of headers have _ in place of -.
    headers, body = editor.headers_and_body_of_upload("Sent at the end", picture)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.putrequest("POST", "/admin/images/add/", skip_host=True)
    cookie = "; ".join(f"{name}={value}" for name, value in editor.cookies.items())
    headers |= editor.trusted() | {"Host": HOST, "X_Forwarded_Proto": "https", "Cookie": cookie}
    for name, value in (headers | {"Content_Length": str(len(body))}).items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body[: len(body) // 2])

    def finish():
        connection.send(body[len(body) // 2 :])
        status = connection.getresponse().status
        connection.close()
        return status

    return finish


def stored(site):
    """Return the number of pictures in the database, and of files of originals, also of unfinished ones."""
    code = "from media.models import CleanImage; print(CleanImage.objects.count())"
    rows = int(site.manage("shell", "--no-imports", "-c", code).stdout.split()[-1])
    folder = site.folder / "data" / "media"
    files = sum(path.is_file() for path in (folder / "original_images").glob("*"))
    return rows, files + len(list(folder.glob(".unfinished-*")))


def oversize(folder):
    """Send a body of a gigabyte, a form with too many fields, and a field of twenty megabytes."""
    temporary = folder / "tmp"
    temporary.mkdir()
    with site_on_postgresql(folder) as (site, _database):
        site.environment["TMPDIR"] = str(temporary)
        site.start()
        editor = Editor(site)
        edit = f"/admin/pages/{site.facts['story']}/edit/"
        editor.ask(edit)  # so that what the page editor loads does not count as growth of memory
        memory, before = memory_of(site), stored(site)
        free = shutil.disk_usage(folder).free
        say("sending a gigabyte in chunks, then one with a Content-Length")
        statuses = [send_endless(site, editor, told) for told in (False, True)]
        # One more than DATA_UPLOAD_MAX_NUMBER_FIELDS.
        statuses.append(editor.post(edit, {f"field-{number}": "" for number in range(10_001)})[0])
        statuses.append(editor.post(edit, site.facts["form"] | {"body-0-value": "x" * 20_000_000})[0])
        grown = memory_of(site) - memory
        used = free - shutil.disk_usage(folder).free
        left = list(temporary.iterdir())
        is_stored = stored(site) != before
        draft = editor.save_draft("After all that")
    # Django reads no body without a Content-Length, so it shows the form again.
    refused = statuses[0] == 200 and all(status in {400, 403, 413, "closed"} for status in statuses[1:])
    return [
        Row("oversize: 2 x 1 GB, 10,001 fields, 20 MB field", f"{statuses}", "200, others refused", refused),
        Row("oversize: anything of it is stored", f"{is_stored}", "False", not is_stored),
        Row(
            "oversize: memory and disk afterwards",
            f"{grown:+.0f} MB, {used / 1e6:+.0f} MB, {len(left)} files left",
            "< +60 MB each, 0 files",
            grown < 60 and used < 60e6 and not left,
        ),
        Row("oversize: a draft is saved afterwards", f"{draft}", "302", draft == 302),
    ]


def send_endless(site, editor, told):
    """Send a form of a gigabyte; return the status, or "closed" if the server closed the connection.

    `told`: whether the request has a Content-Length.
    """
    headers, body = editor.headers_and_body_of_upload("Endless", b"")
    cookie = "; ".join(f"{name}={value}" for name, value in editor.cookies.items())
    headers |= editor.trusted() | {"Host": HOST, "X_Forwarded_Proto": "https", "Cookie": cookie}
    headers |= {"Content_Length": str(GIGABYTE)} if told else {"Transfer_Encoding": "chunked"}
    head = "POST /admin/images/add/ HTTP/1.1\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    end_of_head = body.index(b"image/png\r\n\r\n") + len(b"image/png\r\n\r\n")
    block = (body[:end_of_head] + b"x" * 1_000_000)[:1_000_000]
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        try:
            connection.sendall(f"{head}\r\n".encode())
            for _ in range(GIGABYTE // len(block)):
                connection.sendall(block if told else b"%x\r\n%s\r\n" % (len(block), block))
            if not told:
                connection.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before its end: the answer may be there
        try:
            return int(connection.recv(100).split()[1])
        except (ConnectionError, IndexError):
            return "closed"


def memory_of(site):
    """Return the memory of all the server's processes, in megabytes."""
    total = 0
    for process in [site.process.pid, *site.workers()]:
        with open(f"/proc/{process}/status") as file:
            total += int(next(line for line in file if line.startswith("VmRSS")).split()[1])
    return total / 1000
