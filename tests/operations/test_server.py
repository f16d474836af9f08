"""deploy/start, the command of the container: the server starts, and finishes requests when it stops."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.support import production, requests, services
from tests.support.environment import REQUIRED

pytestmark = pytest.mark.sqlite_only

START = Path(__file__).parents[2] / "deploy" / "start"
PATIENCE = 120  # seconds until the server has started or stopped


@contextmanager
def running_server(variables):
    """Run deploy/start with the environment `variables`; yield the process and its port when it is ready."""
    port = services.free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = variables | {"PORT": str(port), "PATH": path}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([START], env=environment, **pipes) as server:
        try:
            wait_for(lambda: is_ready(server, port))
            yield server, port
        finally:
            server.kill()


def is_ready(server, port):
    assert server.poll() is None, server.stdout.read()
    return requests.answer(port, "/readyz").startswith(b"ok\n")


def wait_for(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def variables(tmp_path, django_db_setup):
    """The environment of a site with a migrated database: to migrate an empty one takes long."""
    (folder := tmp_path / "data").mkdir()
    migrated, copy = settings.DATABASES["default"]["NAME"], folder / "db.sqlite3"
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    # In production, the site would redirect the requests of this test to HTTPS.
    return production.BARE | REQUIRED | {"DATA_DIR": str(folder), "TRY_OUT": "1", "BASE_URL": ""}


def test_server_prepares_the_site_and_finishes_requests_before_it_stops(variables):
    folder = Path(variables["DATA_DIR"])
    with running_server(variables) as (server, port):
        assert (folder / "served/maintenance.html").exists()
        upload = requests.begin_upload(port)
        server.send_signal(signal.SIGTERM)
        for line in server.stdout:
            if "Handling signal: term" in line:
                break
        # The form has no CSRF token, so the site refuses it, but only after it has read all of it.
        assert requests.end_upload(upload) == b"HTTP/1.1 403 Forbidden"
        output = server.communicate(timeout=PATIENCE)[0]
        assert server.returncode == 0, output
        assert "Traceback" not in output


def test_with_the_scheduler_each_process_does_the_work_and_the_backups(variables, tmp_path):
    """Also the one that takes the place of another."""
    made = tmp_path / "backups"
    made.mkdir()
    done = [Path(variables["DATA_DIR"]) / name for name in ("due_work_done", "backup_made")]
    variables |= {"SCHEDULER": "1", "WEB_CONCURRENCY": "1", "BACKUP_DIR": str(made)}
    with running_server(variables) as (server, _port):
        for _worker in range(2):
            wait_for(lambda: all(path.exists() for path in done))
            for path in (*done, *made.glob("*.tar")):
                path.unlink()
            os.kill(production.children(server.pid)[0], signal.SIGKILL)
        server.terminate()
        assert server.wait(PATIENCE) == 0


WRONG = "{} must be a number from 1 to 65535."
CASES = [
    ({"PORT": "", "WEB_CONCURRENCY": ""}, "0.0.0.0:8000 2"),
    ({"PORT": "80", "WEB_CONCURRENCY": "3"}, "0.0.0.0:80 3"),
    *(({"WEB_CONCURRENCY": value}, WRONG.format("WEB_CONCURRENCY")) for value in ("two", "0")),
    *(({"PORT": value}, WRONG.format("PORT")) for value in ('"80"', "65536", "99999999999999999999")),
    ({"SCHEDULER": "yes"}, "SCHEDULER must be 1 (on) or 0 (off)."),
]


@pytest.mark.parametrize(("variables", "expected"), CASES)
def test_variables_of_the_image(tmp_path, variables, expected):
    # Scripts in place of both programs. That for gunicorn prints the address ($5) and the number of processes
    # ($7) of its arguments, if WEB_CONCURRENCY, which gunicorn itself reads too, has the same number.
    for name, script in {"python": "", "gunicorn": '[ "$7" = "$WEB_CONCURRENCY" ] && echo "$5 $7"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    environment = production.BARE | {"PATH": f"{tmp_path}:{os.environ['PATH']}"} | variables
    done = subprocess.run([START], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr).strip() == expected


def test_server_does_not_start_without_a_secret_key(tmp_path):
    environment = production.BARE | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment |= {"BASE_URL": "https://stories.example.org", "DATA_DIR": str(tmp_path)}
    done = subprocess.run([START], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("SECRET_KEY is missing.")
    assert done.stdout == ""
