"""Runs the site as in production, with gunicorn. Requests have the header of those that came over HTTPS."""

import base64
import http.client
import os
import secrets
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

HOST = "stories.example.org"
# The environment variables that Python needs. None of them configures the site.
BARE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
PATIENCE = 60  # seconds for a response, or to stop


def new_safeguarding_key():
    """Return a random key for SAFEGUARDING_KEYS."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


class Site:
    """A server of the site: its process, environment and output.

    Arguments:
        folder: has the data folder "data" and the file "output", which the server writes.
        database: the URL of the database.
        variables: more environment variables.
    """

    def __init__(self, folder, database, **variables):
        self.folder = Path(folder)
        self.environment = BARE | {"DATABASE_URL": database, "DATA_DIR": str(self.folder / "data")}
        self.environment |= {"SECRET_KEY": secrets.token_urlsafe(60), "BASE_URL": f"https://{HOST}"}
        # The editor of the drills has only a password.
        self.environment |= {"TRUST_PROXY": "1", "SECOND_FACTOR": "nobody", "PYTHONUNBUFFERED": "1"}
        self.environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.settings_production"} | variables
        self.listener = self.port = self.process = None
        self.code = None  # the folder of the code, if it is not the current one

    def manage(self, *words, check=True):
        """Run manage.py with the arguments `words`; return the finished process."""
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=check)

    def start(self, workers=2, threads=4, application="site_project.wsgi"):
        """Start the server, with options as in deploy/start. Connections wait until it is ready."""
        if not self.listener:
            # The socket stays open during a crash, so that no other program can get the port.
            # The backlog is that of gunicorn's own sockets.
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
            self.port = self.listener.getsockname()[1]
            # As gunicorn does for its own sockets. Otherwise responses wait for acknowledgements.
            self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener = self.listener.fileno()
        command = [sys.executable, "-m", "gunicorn", application, "-c", "deploy/gunicorn.conf.py"]
        command += ["--bind", f"fd://{listener}", "--workers", str(workers)]
        command += ["--threads", str(threads), "--preload", "--graceful-timeout", "30", "--no-control-socket"]
        command += ["--keep-alive", "75"]
        with (self.folder / "output").open("ab") as output:
            options = {"env": self.environment, "cwd": self.code, "pass_fds": [listener]}
            self.process = subprocess.Popen(command, **options, stdout=output, stderr=output)

    def stop(self):
        """Stop the server with SIGTERM, as container engines do; return its exit status."""
        if self.listener:
            self.listener.close()
            self.listener = None
        if not self.process:
            return None
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def workers(self):
        """Return the IDs of the server's worker processes."""
        return children(self.process.pid)

    def output(self):
        return (self.folder / "output").read_text()

    def ask(self, path, method="GET", body=None, **headers):
        """Make a request on a new connection; return (status, headers, body) of the response.

        Names of headers have _ in place of -.
        """
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with suppress(BrokenPipeError):  # the server responded before the end of the request
                client.request(method, path, body, {"Host": HOST, "X-Forwarded-Proto": "https"} | headers)
            response = client.getresponse()
            return response.status, response.headers, response.read()
        finally:
            client.close()


def children(process):
    """Return the IDs of the child processes of `process`, with those that its threads started."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            found += map(int, path.read_text().split())
    return found


@contextmanager
def running_site(folder, database, workers, **variables):
    """Context manager that yields a running Site."""
    site = Site(folder, database, **variables)
    site.start(workers)
    try:
        yield site
    finally:
        site.stop()


def database_of_the_test():
    """Return the URL of the database that the test uses."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
