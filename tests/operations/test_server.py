"""deploy/start, the command of the container: the server starts, and finishes requests when it stops."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.operations.test_prepare import empty_database
from tests.support import services
from tests.support.production import BARE

START = Path(__file__).parents[2] / "deploy" / "start"
PATIENCE = 120  # seconds
TOKEN = "a" * 32


@contextmanager
def running_server(variables):
    """Run deploy/start with the environment `variables`; yield the process and its port when it is ready."""
    port = services.free_port()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = variables | {"PORT": str(port), "PATH": path}
    with subprocess.Popen(
        [START], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            wait_until_ready(port, server)
            yield server, port
        finally:
            server.kill()


def wait_until_ready(port, server):
    end = time.monotonic() + PATIENCE
    while answer(port, "/readyz") != b"ok\n":
        assert server.poll() is None, server.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.1)


def answer(port, path):
    """Return the body of the response of the server at `port`, or b"" if it does not run."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (ConnectionError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


def begin_upload(port):
    """Send half of a request, wait until the site has begun to process it, and return the connection."""
    lines = [
        "POST /admin/login/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Cookie: csrftoken={TOKEN}",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: 10",
        "Expect: 100-continue",
    ]
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall("\r\n".join([*lines, "", "a=1&"]).encode())
    assert connection.recv(25).startswith(b"HTTP/1.1 100")
    return connection


def end_upload(connection):
    """Send the other half; return the first line of the response."""
    connection.sendall(b"b=2&c=")
    with connection, connection.makefile("rb") as file:
        return file.readline().strip() or file.readline().strip()


def test_server_prepares_the_database_and_finishes_requests_before_it_stops(tmp_path):
    with ExitStack() as stack:
        variables, _folder = stack.enter_context(empty_database(tmp_path))
        variables |= {"TRY_OUT": "1", "BASE_URL": ""}
        server, port = stack.enter_context(running_server(variables))
        upload = begin_upload(port)
        server.send_signal(signal.SIGTERM)
        for line in server.stdout:
            if "Handling signal: term" in line:
                break
        # The form has no CSRF token, so the site refuses it, but only after it has read all of it.
        assert end_upload(upload) == b"HTTP/1.1 403 Forbidden"
        output = server.communicate(timeout=PATIENCE)[0]
        assert server.returncode == 0, output
        assert "Traceback" not in output


def test_server_does_not_start_without_a_secret_key(tmp_path):
    environment = BARE | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment |= {"BASE_URL": "https://stories.example.org", "DATA_DIR": str(tmp_path)}
    done = subprocess.run([START], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("SECRET_KEY is missing.")
    assert done.stdout == ""
