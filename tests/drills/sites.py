"""Builds the sites of the drills: stories, an editor, readers, and a PostgreSQL server that can be killed."""

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode

from tests.drills import say
from tests.support import postgresql_server, services
from tests.support.production import Site

STORIES = 200  # in the site of a drill that does not ask for another number


@contextmanager
def site_on_postgresql(folder, stories=STORIES):
    """Context manager that yields a Site with `stories` stories, not started, and its running Postgres.

    The first drill makes the stories in a template; each drill has a copy of it.
    """
    template = folder.parent / f"template-postgresql-{stories}"
    if not template.exists():
        template.mkdir()
        server = Postgres(template, new=True)
        server.start()
        try:
            seed(Site(template, server.address), stories)
        finally:
            server.stop("fast")
    copy(template, folder)
    server = Postgres(folder)
    server.start()
    site = Site(folder, server.address)
    site.facts = json.loads((folder / "facts").read_text())
    try:
        yield site, server
    finally:
        site.stop()
        server.stop()


@contextmanager
def site_on_sqlite(folder):
    """Context manager that yields a Site with stories on SQLite, not started."""
    template = folder.parent / "template-sqlite"
    if not template.exists():
        template.mkdir()
        seed(Site(template, f"sqlite:///{template}/data/db.sqlite3"))
    copy(template, folder)
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3")
    site.facts = json.loads((folder / "facts").read_text())
    try:
        yield site
    finally:
        site.stop()


def copy(template, folder):
    # cp keeps the owners, which PostgreSQL checks. shutil.copytree() does not.
    subprocess.run(["cp", "-a", f"{template}/.", folder], check=True)


def seed(site, stories=STORIES):
    """Fill the new database of `site`, and write the output of seed.py into the file "facts"."""
    say(f"making {stories} stories")
    site.manage("migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "tests.drills.seed", str(stories)]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    (site.folder / "facts").write_text(done.stdout.splitlines()[-1])


class Editor:
    """A client that is logged in, saves drafts and uploads files.

    `site`: a Site with `facts`, the output of seed.py.
    """

    FORM = {"Content_Type": "application/x-www-form-urlencoded"}

    def __init__(self, site):
        self.site, self.cookies = site, {}
        self.ask("/admin/login/")
        login = {"username": "drill", "password": site.facts["password"], "next": "/admin/"}
        status, _headers, _body = self.post("/admin/login/", login)
        if status != 302:
            raise AssertionError(f"the drill's editor could not log in: {status}")

    def ask(self, path, method="GET", body=None, **headers):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, received, answer = self.site.ask(
            path, method, body, **self.trusted(), Cookie=cookie, **headers
        )
        for line in received.get_all("Set-Cookie") or []:
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return status, received, answer

    def trusted(self):
        """Return the headers that Django's protection against CSRF needs."""
        return {
            "Referer": self.site.environment["BASE_URL"] + "/admin/",
            "X_CSRFToken": self.cookies.get("__Host-csrftoken", ""),
        }

    def post(self, path, fields):
        return self.ask(path, "POST", urlencode(fields, doseq=True), **self.FORM)

    def save_draft(self, title):
        """Save the drill's story with a new title; return the status of the response."""
        fields = self.site.facts["form"] | {"title": title}
        return self.post(f"/admin/pages/{self.site.facts['story']}/edit/", fields)[0]

    def headers_and_body_of_upload(self, title, picture):
        """Return the headers and body that a browser sends to upload a picture."""
        fields = {"title": title, "shows": "place", "description": "A lamp", "collection": "1"}
        return self.multipart(fields, "a.png", "image/png", picture)

    def multipart(self, fields, filename, content_type, data):
        """Return the headers and body of a form with `fields` and a file."""
        boundary = "boundary-of-the-drill"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        parts += [f"{head}Content-Type: {content_type}\r\n\r\n".encode(), data]
        parts.append(f"\r\n--{boundary}--\r\n".encode())
        return {"Content_Type": f"multipart/form-data; boundary={boundary}"}, b"".join(parts)

    def upload(self, title, picture):
        headers, body = self.headers_and_body_of_upload(title, picture)
        return self.ask("/admin/images/add/", "POST", body, **headers)

    def upload_document(self, name, data):
        fields = {"title": name, "collection": "1"}
        headers, body = self.multipart(fields, name, "application/octet-stream", data)
        return self.ask("/admin/documents/add/", "POST", body, **headers)


class Readers:
    """Context manager: threads that request public pages, and record (time, status or error) in `answers`."""

    def __init__(self, site, number=4):
        self.site, self.going, self.answers = site, True, []
        self.threads = [threading.Thread(target=self.read) for _ in range(number)]

    def read(self):
        while self.going:
            for address in self.site.facts["addresses"]:
                try:
                    result = self.site.ask(address)[0]
                except Exception as error:  # of the connection, or of http.client
                    result = type(error).__name__
                self.answers.append((time.monotonic(), result))
                if not self.going:
                    return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.going = False
        for thread in self.threads:
            thread.join()


class Postgres:
    """A PostgreSQL server that can be killed and restarted, with its data. `new`: whether to run initdb."""

    def __init__(self, folder, new=False):
        self.programs, self.folder = postgresql_server.find_server_programs(), folder / "postgresql"
        folder.chmod(0o755)  # the user who runs PostgreSQL needs it
        self.folder.mkdir(exist_ok=True)
        self.owner = postgresql_server.server_owner(self.folder)
        if new:
            self.run("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
            with (self.folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write("listen_addresses='127.0.0.1'\nunix_socket_directories=''\n")
        self.port = services.free_port()
        self.address = f"postgres://tests@127.0.0.1:{self.port}/postgres"

    def run(self, program, *arguments):
        with (self.folder / "log").open("a") as log:
            subprocess.run(
                [self.programs / program, "--pgdata=data", *arguments],
                **self.owner,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )

    def start(self):
        self.run(
            "pg_ctl", "start", "--wait", "--silent", f"--options=-p {self.port} -c track_commit_timestamp=on"
        )

    def stop(self, mode="immediate"):
        """Stop the server, by default as a crash does: at the end of a drill, nobody needs its data."""
        self.run("pg_ctl", "stop", "--wait", "--silent", f"--mode={mode}")


def children(process):
    """Return the IDs of the child processes of `process`."""
    with open(f"/proc/{process}/task/{process}/children") as file:
        return [int(number) for number in file.read().split()]
