"""Pictures and documents are cleaned one at a time, in a process with limits of memory, time and output."""

import os
import re
import signal
import subprocess
import sys
import tempfile

import pytest

from media import process
from media.sanitizer.limits import LIMITS
from media.sanitizer.reasons import Reason
from tests.support import builders, uploading

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@pytest.fixture(params=[("a.txt", b"Words.", "document"), ("a.png", builders.picture_bytes(), "image")])
def upload(request, editor):
    """A function that uploads an ordinary file. It returns the form's error, or "" if the file was stored."""
    return lambda: uploading.upload(editor, *request.param)


def test_third_upload_at_once_is_refused_although_the_lock_is_free(upload):
    with process.PLACES, process.PLACES:  # one upload that is cleaned and one that waits
        assert "Try again in a minute" in upload()
    assert not upload()


def test_one_file_is_cleaned_at_a_time_and_who_waited_in_vain_gives_the_place_back(upload, monkeypatch):
    monkeypatch.setattr(process, "LOCK_TIMEOUT", 0.1)
    with process.SANITIZER_LOCK:
        for _ in range(3):
            assert "Try again in a minute" in upload()
    assert not upload()
    assert not upload(), "an upload gives the lock back"


def test_file_that_takes_too_long_is_refused(upload, monkeypatch):
    limits = {kind: each._replace(seconds=0.001) for kind, each in LIMITS.items()}
    monkeypatch.setattr(process, "LIMITS", limits)
    # The error of a document gives the reason. That of a picture is the same for all broken pictures.
    assert re.search("too much|can't be read", upload())


def test_failure_to_start_a_process_asks_to_try_again(upload, monkeypatch, tmp_path):
    # As when the system has no memory for another process, starting the program raises OSError.
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-such-program"))
    assert "Try again in a minute" in upload()


def test_process_gets_no_secret_of_the_site(monkeypatch, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexport -p\n")  # It prints the environment, in place of a cleaned file.
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("SECRET_KEY", "a secret")
    printed = process.sanitize(b"Words.", "txt")
    assert b"MALLOC_ARENA_MAX" in printed
    assert b"secret" not in printed


def test_crash_leaves_no_copy_of_the_memory():
    code = (
        "import resource; from media.sanitizer import __main__; from media.sanitizer.limits import LIMITS; "
        "__main__.limit_resources(LIMITS['txt']); print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"(0, 0)\n"


# (kind of file, limit, what a process does that exceeds it, the status with which it ends). The seconds are
# tried with one kind, because the test takes that long.
EXCESSES = [("pdf", "cpu_seconds", "while True: pass", -signal.SIGKILL)]
for kind in ("pdf", "picture"):
    EXCESSES.append((kind, "memory", "bytes(limits.memory)", 1))
    EXCESSES.append((kind, "output", "os.write(1, bytes(limits.output)); os.write(1, b'x')", 1))


@pytest.mark.parametrize(("kind", "limit", "work", "status"), EXCESSES)
def test_process_of_the_sanitizer_is_limited(kind, limit, work, status):
    code = (
        "import os; from media.sanitizer import __main__; from media.sanitizer.limits import LIMITS; "
        f"limits = LIMITS[{kind!r}]._replace(cpu_seconds=1); __main__.limit_resources(limits)\n{work}"
    )
    with tempfile.TemporaryFile() as output:
        pipes = {"stdout": output, "stderr": subprocess.PIPE, "text": True}
        done = subprocess.run([sys.executable, "-c", code], **pipes, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    assert status < 0 or "MemoryError" in done.stderr or "File too large" in done.stderr


def test_process_takes_its_limits_before_it_reads(tmp_path):
    """Without them it would read all these zeros, and say that they are no text."""
    path = tmp_path / "a.txt"
    path.touch()
    os.truncate(path, LIMITS["txt"].memory)
    with path.open("rb") as file:
        command = [sys.executable, "-m", "media.sanitizer", "txt"]
        assert subprocess.run(command, stdin=file, check=False, timeout=60).returncode == Reason.TOO_MUCH
