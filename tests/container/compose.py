"""The site of compose.yaml, set up by the commands of the documentation as an operator would."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from tests.container import memory
from tests.container.browser import walk
from tests.container.tool import ROOT
from tests.support import services
from tests.support.documented import block

DOMAIN = "stories.example.org"
PATIENCE = 240  # seconds until a site is ready or has its certificate
# A mail server that prints what it gets.
MAIL = """import socketserver

class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail\\r\\n")
        in_text = False
        for line in self.rfile:
            if in_text and line != b".\\r\\n":
                print(line.decode().strip(), flush=True)
                continue
            in_text = line.upper().startswith(b"DATA")
            self.wfile.write(b"354 go on\\r\\n" if in_text else b"250 well\\r\\n")

socketserver.ThreadingTCPServer(("", 1025), Mail).serve_forever()
"""
# Added to compose.yaml: an authority for certificates, which finds the front server at the ports of this
# machine, and a mail server.
SERVICE = {"image": "stories", "user": "0", "healthcheck": {"disable": True}, "networks": ["outside"]}
SERVICE |= {"volumes": ["./.added:/added:ro"], "stop_grace_period": "1s"}
ADDED = {
    "pebble": SERVICE
    | {
        "command": "/added/pebble -config /added/config.json",
        "environment": {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
        "extra_hosts": [f"{DOMAIN}:host-gateway"],
    },
    "mail": SERVICE | {"command": "python /added/mail.py"},
    "certificate": {
        "volumes": ["./.added:/added:ro"],
        "environment": {"REQUESTS_CA_BUNDLE": "/added/fullchain.pem"},
    },
}
DOCKER = '#!/bin/sh\n[ "$1" = compose ] || exec podman "$@"\nshift\nexec podman-compose "$@"\n'


class Machine:
    """A machine with the files of the site in a folder, and with a Compose project of its own.

    Arguments:
        tool: the Tool of this machine.
        folder: an empty folder.
    """

    def __init__(self, tool, folder):
        self.folder, self.port, self.http_port = folder, services.free_port(), services.free_port()
        self.address = f"https://{DOMAIN}"
        self.flags = [f"--host-resolver-rules=MAP {DOMAIN}:443 127.0.0.1:{self.port}, MAP * ~NOTFOUND"]
        self.environment = os.environ | {"COMPOSE_PROJECT_NAME": folder.name.replace("_", "-").lower()}
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, names.split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
        if tool.name == "podman":
            # It starts the builds of all services at once, unless it is told not to.
            self.environment |= {
                "COMPOSE_PARALLEL_LIMIT": "1",
                "PATH": f"{folder}/.programs:{os.environ['PATH']}",
            }
            (folder / ".programs").mkdir()
            (folder / ".programs" / "docker").write_text(DOCKER)
            (folder / ".programs" / "docker").chmod(0o755)

    def add_services(self):
        """Write compose.override.yaml with a mail server, and an authority that `certificate` trusts."""
        added = self.folder / ".added"
        added.mkdir()
        shutil.copy(services.program("pebble", "pebble"), added)
        config = {"listenAddress": "0.0.0.0:14000", "httpPort": self.http_port, "tlsPort": self.port}
        config |= {"certificate": "/added/fullchain.pem", "privateKey": "/added/privkey.pem"}
        (added / "config.json").write_text(json.dumps({"pebble": config}))
        (added / "mail.py").write_text(MAIL)
        make_certificate(added, "pebble")
        (self.folder / "compose.override.yaml").write_text(yaml.safe_dump({"services": ADDED}))

    def set_up(self, *lines):
        """Run the first command of the documentation, with `lines` added to .env."""
        lines = [*lines, f"HTTP_PORT={self.http_port}", f"HTTPS_PORT={self.port}"]
        text = re.sub("EMAIL_URL=.*", "EMAIL_URL=smtp://mail:1025", block("first-hour"))
        env, up = text.replace("\nEND\n", "\n" + "\n".join(lines) + "\nEND\n").split("\nEND\n")
        self.run(f"{env}\nEND")
        return up

    def run(self, text, check=True):
        """Run the commands `text`, and return what they print."""
        options = {"cwd": self.folder, "env": self.environment, "capture_output": True, "text": True}
        done = subprocess.run(["bash", "-ec", text], stdin=subprocess.DEVNULL, **options, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{text}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout + ("" if check else done.stderr)

    def request(self, path, what):
        """Request `path` of the front server with curl, and return its output for `--write-out`."""
        address = ["--connect-to", f"{DOMAIN}:443:127.0.0.1:{self.port}", f"{self.address}{path}"]
        command = ["curl", "-sk", "--output", "/dev/null", "--max-time", "10", "--write-out", what]
        return subprocess.run([*command, *address], capture_output=True, text=True, check=False).stdout

    def logs(self, service=""):
        return self.run(f"docker compose logs {service}", check=False)[-3000:]

    def is_ready(self):
        return self.request("/readyz", "%{http_code}") == "200"

    def has_certificate(self):
        return "Pebble" in self.request("/livez", "%{certs}")


def within(seconds, holds):
    """Return after how many seconds `holds()` is true, or None if it isn't within `seconds`."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() > start + seconds:
            return None
        time.sleep(0.5)
    return round(time.monotonic() - start, 1)


def check_compose(checks, tool, chromium):
    """Set up a site, sign in, try the demo, make a backup, and restore it on an empty machine."""
    with tool.health_checks(), machine(tool) as site:
        start = time.monotonic()
        age_key = site.run(f"{block('backup-key')}; cat age-key.txt")
        site.add_services()
        public = re.search("age1[a-z0-9]+", age_key)[0]
        site.run(site.set_up(f"BACKUP_KEY={public}", "ACME_SERVER=https://pebble:14000/dir"))
        ready = within(PATIENCE, site.is_ready) is not None
        checks.that("the site of compose.yaml becomes ready", ready, site.logs())
        got = within(PATIENCE, site.has_certificate)
        checks.that("it gets a certificate by itself", got is not None, site.logs("certificate"))
        print(f"      {time.monotonic() - start:.0f} s after the first command")
        with signed_in(chromium, site, site.run(block("first-admin"))) as page:
            found = page.get_by_role("main").inner_text()
        checks.that("the first administrator can sign in", "app" in found, found)
        seen = site.run("docker compose exec -T front ls /data").split()
        checks.that("the front server sees only what it sends", seen == ["served"], seen)
        key = site.run(block("first-backup")).strip().splitlines()[-1]
        checks.that("the test mail arrives", "Subject: Test email" in site.logs("mail"))
        site.run(block("demo"))
        for javascript in (True, False):
            with_or_without = "with" if javascript else "without"
            why = walk(chromium, site.address, javascript, *site.flags)
            checks.that(f"a visitor can use the site {with_or_without} JavaScript", not why, why)
        log = site.run("docker compose logs front", check=False)
        checks.that("the front server caches public pages", '"HIT"' in log, log[-500:])
        site.run(block("backup"))
        with machine(tool) as empty:
            check_restored(checks, site, empty, key)
        with (site.folder / "manage.py").open("a") as code:
            code.write("# The next version.\n")
        for command, said in ((block("upgrade"), "was upgraded"), (block("rollback"), "runs again")):
            done = site.run(f"{command} < age-key.txt", check=False)
            ready = within(PATIENCE, site.is_ready) is not None
            checks.that(f"{command} leaves it ready", ready and said in done, done[-3000:])
        again = site.run(block("readme"))
        checks.that("nothing changes when it is started again", "Username" in again, again)
        removed = site.run(block("remove-demo"))
        checks.that("the demonstration is removed", "Done." in removed and "Kept" not in removed, removed)
        site.run(block("stop"))


def check_restored(checks, site, empty, key):
    """Restore the newest backup of the machine `site` on the machine `empty`."""
    start = time.monotonic()
    (empty.folder / "backups").mkdir()
    newest = max(path.name for path in (site.folder / "backups").glob("stories-*"))
    shutil.copy(site.folder / "backups" / newest, empty.folder / "backups")
    shutil.copy(site.folder / "age-key.txt", empty.folder)
    empty.set_up(f"SAFEGUARDING_KEYS={key}", "CERTIFICATE=own")
    empty.run(block("restore"))
    ready = within(PATIENCE, empty.is_ready) is not None
    checks.that("the backup is restored on an empty machine", ready, empty.logs())
    print(f"      in {time.monotonic() - start:.0f} s")
    command = "docker compose exec -T web python manage.py shell --no-imports --command"
    code = "from stories.models import StoryPage; print(StoryPage.objects.count())"
    found = empty.run(f'{command} "{code}"').split()[-1]
    checks.that("with its stories", int(found) >= 9, found)


def check_small(checks, tool, chromium):
    """Set up the site of compose.small.yaml, and measure what it needs."""
    with tool.health_checks(), machine(tool) as site:
        site.set_up("CERTIFICATE=own", "SECOND_FACTOR=nobody")
        site.run(block("small"))
        checks.that("the small site becomes ready", within(PATIENCE, site.is_ready) is not None, site.logs())
        site.run(block("demo"))
        account = site.run(block("first-admin"))
        with memory.watched(tool, site.environment["COMPOSE_PROJECT_NAME"]) as most:
            answers = memory.read_pages(site)
            checks.that(f"it answers {memory.REQUESTS} requests", set(answers) == {"200"}, answers)
            print(f"      {most()} MB at most")
            with signed_in(chromium, site, account) as page:
                memory.upload(page, site)
            print(f"      {most()} MB with {memory.UPLOADS} uploads of 20 megapixels")
            site.run("docker compose exec -T web python manage.py backup")
            enough = most() <= memory.MAX_MEGABYTES
            checks.that(f"all containers need at most {memory.MAX_MEGABYTES} MB", enough, most())
            print(f"      {most()} MB with a backup")
        site.run(block("to-postgresql"))
        ready = within(PATIENCE, site.is_ready) is not None
        checks.that("and goes on with PostgreSQL", ready, site.logs())


@contextmanager
def signed_in(chromium, site, account):
    """Context manager that gives the name and password in `account` to the site; yields its page."""
    name, password = re.findall(r"(?:Username|Password): (\S+)", account)
    with sync_playwright() as playwright:
        browser = services.launch(playwright, chromium, *site.flags)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"{site.address}/admin/")
        page.locator("input[name=username]").fill(name)
        page.locator("input[name=password]").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        yield page
        browser.close()


def make_certificate(folder, name):
    """Create a self-signed certificate for `name` in `folder`."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName={'IP' if name[0].isdigit() else 'DNS'}:{name}"]
    files = ["-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)


@contextmanager
def machine(tool):
    """Context manager that yields a Machine, and deletes what Compose made on it."""
    with tempfile.TemporaryDirectory(prefix="stories-") as folder:
        made = Machine(tool, Path(folder))
        try:
            yield made
        finally:
            made.run("docker compose down --volumes --timeout 5", check=False)
