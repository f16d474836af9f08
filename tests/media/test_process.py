"""Pictures and documents are cleaned one at a time, in a process with limits of memory, time and output."""

import os
import re
import signal
import subprocess
import sys
import tempfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from media import process
from media.sanitizer.limits import LIMITS
from media.sanitizer.reasons import Reason
from tests.support.builders import picture_bytes

pytestmark = [pytest.mark.one_database, pytest.mark.django_db, pytest.mark.usefixtures("store")]


UPLOADS = {"document": ("a.txt", b"Words."), "picture": ("a.png", picture_bytes())}


@pytest.fixture(params=UPLOADS)
def error(request, editor):
    """A function that uploads an ordinary file. It returns the error; "" if the file was stored."""
    name, data = UPLOADS[request.param]
    address = reverse("wagtaildocs:add" if request.param == "document" else "wagtailimages:add")

    def upload():
        file = SimpleUploadedFile(name, data)
        response = editor.post(address, {"title": "x", "shows": "place", "file": file})
        return "" if response.status_code == 302 else " ".join(response.context["form"].errors["file"])

    return upload


def limit(monkeypatch, **changes):
    monkeypatch.setattr(process, "LIMITS", {kind: each._replace(**changes) for kind, each in LIMITS.items()})


def test_one_file_is_cleaned_at_a_time(error, monkeypatch):
    monkeypatch.setattr(process, "LOCK_TIMEOUT", 0.1)
    with process.SANITIZER_LOCK:
        assert "Try again in a minute" in error()
    assert not error()
    assert not error(), "the next one has its turn"


def test_only_one_upload_of_a_worker_waits(error):
    with process.PLACES, process.PLACES:
        assert "Try again in a minute" in error()
        assert process.SANITIZER_LOCK.acquire(blocking=False), "it does not wait for the lock"
        process.SANITIZER_LOCK.release()
    assert not error()


def test_upload_that_waits_has_one_of_two_places(error, monkeypatch):
    monkeypatch.setattr(process, "LOCK_TIMEOUT", 0.1)
    with process.SANITIZER_LOCK, process.PLACES:
        for _ in range(3):
            assert "Try again in a minute" in error(), "it gives its place back"
    assert not error()


def test_file_that_takes_too_long_is_refused(error, monkeypatch):
    limit(monkeypatch, seconds=0.001)
    assert re.search("too much|can't be read", error())


def test_no_room_for_another_process_is_said_in_words(error, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-such-program"))
    assert "Try again in a minute" in error()


@pytest.mark.parametrize(
    ("work", "status"),
    [
        ("any(iter(int, 1))", -signal.SIGKILL),
        ("bytes(limits.memory)", 1),
        ("[os.write(1, bytes(limits.output)) for _ in range(2)]", 1),
    ],
)
@pytest.mark.parametrize("kind", ["pdf", "picture"])
def test_process_of_the_sanitizer_is_limited(kind, work, status):
    code = (
        "import os; from media.sanitizer import __main__; from media.sanitizer.limits import LIMITS; "
        f"limits = LIMITS[{kind!r}]; __main__.limit_resources(limits); {work}"
    )
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, "-c", code]
        pipes = {"stdout": output, "stderr": subprocess.PIPE, "text": True}
        done = subprocess.run(command, **pipes, check=False, timeout=60)
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
