"""Documents are cleaned one at a time, in a process with limits of memory, time and output."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from media import documents
from media.sanitizer import limits
from media.sanitizer.reasons import Reason

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("store")]


def error_for(editor, name="a.txt"):
    """Return the error for an ordinary document; "" if it was stored."""
    file = SimpleUploadedFile(name, b"Words.")
    response = editor.post(reverse("wagtaildocs:add"), {"title": "x", "file": file})
    return "" if response.status_code == 302 else " ".join(response.context["form"].errors["file"])


def test_one_document_is_cleaned_at_a_time(editor, monkeypatch):
    monkeypatch.setattr(documents, "LOCK_TIMEOUT", 0.1)
    with documents.SANITIZER_LOCK:
        assert "Try again in a minute" in error_for(editor)
    assert not error_for(editor)
    assert not error_for(editor), "the next one has its turn"


def test_document_that_takes_too_long_is_refused(editor, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.001)
    assert "too much" in error_for(editor)


def test_no_room_for_another_process_is_said_in_words(editor, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-such-program"))
    assert "Try again in a minute" in error_for(editor)


@pytest.mark.parametrize(
    ("work", "status"),
    [
        ("any(iter(int, 1))", -signal.SIGKILL),
        ("bytes(limits.MEMORY)", 1),
        ("[os.write(1, bytes(limits.OUTPUT)) for _ in range(2)]", 1),
    ],
)
def test_process_of_the_sanitizer_is_limited(work, status):
    code = f"import os; from media.sanitizer import __main__, limits; __main__.limit_resources(); {work}"
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
    os.truncate(path, limits.MEMORY)
    with path.open("rb") as file:
        command = [sys.executable, "-m", "media.sanitizer", "txt"]
        assert subprocess.run(command, stdin=file, check=False, timeout=60).returncode == Reason.TOO_MUCH
