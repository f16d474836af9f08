"""Builds the image, runs it without privileges, with PostgreSQL and nginx, and checks the site.

    python -m tests.container

`make container` runs it, on Linux with Docker or podman. The last line says how many checks passed and
failed. The exit status is 1 if one failed, and 2 if a program is missing. Containers and volumes are deleted
afterwards.
"""

import json
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.support import front_server, postgresql_server, services
from tests.support.production import new_safeguarding_key
from tests.support.requests import answer, begin_upload, end_upload

ROOT = Path(__file__).parent.parent
IMAGE = "stories-container-test"
MAX_MEGABYTES = 230  # that the image may add to its base
PATIENCE = 180  # seconds until the container is ready
# Options that restrict the container: the site can write only to /data and /tmp.
LOCKED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges"]  # noqa: S108
LOCKED += ["--pids-limit", "256", "--memory", "1g"]
# A public key of age, whose private half nobody has kept.
BACKUP_KEY = "age1xhth4jx9svuxllvzhp3dtjfd6ewjjs54gclmf58nnnzh7ypzvygqeaxacy"
SECRET_NAMES = ("SECRET", "PASSWORD", "TOKEN", "KEY")
# A command without a shell, so nothing needs to be quoted.
FIND_SECRETS = "find / -xdev ( -name .git -o -name .env -o -name *.sqlite3 -o -name .netrc -o -name id_rsa* )"


class Checks:
    """Counts and prints the results of checks."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, holds, why=""):
        """Print the check `what`, whether it `holds`, and otherwise the reason `why`."""
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"{'ok   ' if holds else 'FAIL '} {what}{'' if holds else f': {why}'}", flush=True)


class Tool:
    """Docker or podman, whichever this machine has."""

    def __init__(self):
        self.name = next((name for name in ("docker", "podman") if shutil.which(name)), None)
        if not self.name:
            raise services.Missing("no docker and no podman here: install one of them")

    def __call__(self, *words, check=True):
        """Run a command and return its output, or with check=False the finished process."""
        done = subprocess.run([self.name, *words], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{self.name} {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip() if check else done

    def build(self):
        # podman's default format has no HEALTHCHECK.
        form = ["--format", "docker"] if self.name == "podman" else []
        command = [self.name, "build", *form, "--tag", IMAGE, ROOT]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(self("image", "inspect", IMAGE))[0]


def main():
    checks = Checks()
    try:
        tool, nginx, chromium = Tool(), front_server.nginx_program(), services.chromium()
        with postgresql_server.postgres() as server, postgresql_server.new_database(server) as database:
            image = tool.build()
            check_image(checks, tool, image)
            check_running(checks, tool, image, {"DATABASE_URL": database}, nginx, chromium)
    except services.Missing as missing:
        print(missing)
        return 2
    print(f"{checks.passed} passed, {checks.failed} failed")
    return int(checks.failed > 0)


def check_image(checks, tool, image):
    """Check the user, environment, files and size of the image, and a start without a secret key."""
    config = image["Config"]
    checks.that("the image runs as a user other than root", config["User"] not in {"", "0", "root"})
    names = [entry.partition("=")[0] for entry in config["Env"]]
    # GPG_KEY of the base image is the public key of Python's release managers.
    names = [name for name in names if name != "GPG_KEY"]
    secret_names = [name for name in names if any(word in name for word in SECRET_NAMES)]
    checks.that("no secret is in its environment", not secret_names, secret_names)
    found = tool("run", "--rm", "--network", "none", "--user", "0", IMAGE, *FIND_SECRETS.split())
    checks.that("no secret, database or history is among its files", not found, found)
    base = re.search(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    size = image["Size"] - json.loads(tool("image", "inspect", base))[0]["Size"]
    checks.that(f"it adds at most {MAX_MEGABYTES} MB to its base", size <= MAX_MEGABYTES * 10**6, size)
    print(f"      {size / 10**6:.0f} MB")
    start = time.monotonic()
    done = tool("run", "--rm", "--env", "BASE_URL=https://stories.example.org", *LOCKED, IMAGE, check=False)
    took = time.monotonic() - start
    stopped = done.returncode == 1 and "SECRET_KEY is" in done.stderr
    checks.that("without SECRET_KEY it stops and says so", stopped)
    checks.that("and does so at once", took < 10, f"{took:.0f} s")


def check_running(checks, tool, image, addresses, nginx, chromium):
    """Check the running container with PostgreSQL, behind nginx."""
    port = services.free_port()
    with tempfile.TemporaryDirectory(prefix="tests-container-") as folder, ExitStack() as stack:
        make_certificate(folder)
        arguments = (nginx, f"127.0.0.1:{port}", folder)
        front_port, logs_of_front = stack.enter_context(front_server.running(*arguments, certificate=folder))
        address = f"https://127.0.0.1:{front_port}"
        variables = {"SECRET_KEY": secrets.token_urlsafe(48), "SAFEGUARDING_KEYS": new_safeguarding_key()}
        variables |= {"BASE_URL": address, "TRUST_PROXY": "1", "FIRST_ADMIN": "random", "PORT": str(port)}
        variables |= addresses | {"BACKUP_DIR": "/tmp/backups", "BACKUP_KEY": BACKUP_KEY}  # noqa: S108
        name = stack.enter_context(container(tool, variables))
        check_answers(checks, tool, name, port)
        check_inside(checks, tool, image, name)
        check_secrets(checks, tool)
        tool("exec", name, "python", "manage.py", "load_demo")
        check_scheduler(checks, tool, name)
        check_backup(checks, tool, name)
        for javascript in (True, False):
            with_or_without = "with" if javascript else "without"
            why = walk(chromium, address, javascript)
            checks.that(f"a visitor can use the site {with_or_without} JavaScript", not why, why)
        log = (logs_of_front / "access.log").read_text()
        checks.that("the front server caches public pages", '"HIT"' in log, log[-500:])
        check_stop(checks, tool, name, port)


def check_answers(checks, tool, name, port):
    """Wait until the container is ready or has ended, and check that it is ready."""
    start = time.monotonic()
    while not (ready := answer(port, "/readyz")[:3] == b"ok\n") and time.monotonic() < start + PATIENCE:
        if tool("inspect", "--format", "{{.State.Running}}", name) != "true":
            break
        time.sleep(0.2)
    checks.that("it becomes ready, with a read-only root and no capabilities", ready, logs(tool, name))
    print(f"      after {time.monotonic() - start:.0f} s")


def check_inside(checks, tool, image, name):
    """Check the health, processes, files and first administrator of the running container."""
    # Docker has the health check in "Config", podman beside it. Versions of podman spell the key differently.
    health = image["Config"].get("Healthcheck") or image.get("HealthCheck") or image.get("Healthcheck")
    # The first word is "CMD". Without a health check, the program "false" fails.
    probe = health["Test"][1:] if health else ["false"]
    checks.that("its HEALTHCHECK passes", tool("exec", name, *probe, check=False).returncode == 0)
    checks.that("its processes are not root's", tool("exec", name, "id", "-u") != "0")
    written = tool("exec", name, "sh", "-c", "touch /x || touch /app/x", check=False)
    checks.that("its files can't be written", written.returncode != 0)
    account = tool("exec", name, "cat", "/data/first_admin")
    is_random = re.fullmatch(r"Username: admin-[0-9a-f]{8}\nPassword: \S{20,}", account.strip())
    checks.that("the first administrator has a name and a password of their own", bool(is_random))


def check_secrets(checks, tool):
    """Make the secrets of compose.yaml in a container of its own."""
    made = "python deploy/make_secrets.py /tmp/s && find /tmp/s -type f"
    as_root = ["run", "--rm", "--user", "0", "--network", "none", "--cap-add", "CHOWN"]
    found = tool(*as_root, *LOCKED, IMAGE, "sh", "-c", made)
    # The secret key, a safeguarding key, the database password in two forms, and a certificate with its key.
    checks.that("compose's secrets can be made in it", len(found.splitlines()) == 6, found)


def check_scheduler(checks, tool, name):
    """Run what is due in the container once."""
    # The second command is the health check of the scheduler in compose.yaml.
    due = "python manage.py run_due_work && find /data/due_work_done -mmin -30 | grep -q ."
    done = tool("exec", name, "sh", "-c", due, check=False)
    checks.that("the scheduler does its work", done.returncode == 0, done.stderr)


def check_backup(checks, tool, name):
    """Make an encrypted backup with the programs of the image."""
    done = tool("exec", name, "python", "manage.py", "backup", check=False)
    checks.that("a backup can be made", done.returncode == 0, done.stderr)


def check_stop(checks, tool, name, port):
    """Stop the container while it receives a request."""
    upload = begin_upload(port, https=True)
    start = time.monotonic()
    with subprocess.Popen([tool.name, "stop", "-t", "30", name], stdout=subprocess.DEVNULL) as stop:
        # gunicorn logs this when it begins to stop.
        while "Handling signal: term" not in logs(tool, name) and time.monotonic() < start + 30:
            time.sleep(0.05)
        answered = end_upload(upload)
        is_complete = answered == b"HTTP/1.1 403 Forbidden"  # begin_upload() says why it is refused
        checks.that("a request in progress is answered after SIGTERM", is_complete, answered)
        stop.wait()
    code = int(tool("inspect", "--format", "{{.State.ExitCode}}", name))  # a shell adds 128 to a signal
    took = time.monotonic() - start  # after 30 s, `stop` would have killed it
    stopped = code in {0, 128 + signal.SIGTERM} and took < 29
    checks.that("it then stops by itself", stopped, f"{code}, {took:.0f} s")
    checks.that("no traceback is in its log", "Traceback" not in logs(tool, name), logs(tool, name))


def logs(tool, name):
    done = tool("logs", name, check=False)
    return done.stdout + done.stderr


@contextmanager
def container(tool, variables):
    """Context manager that runs the image with the environment `variables`; yields the container's name."""
    name = f"stories-test-{secrets.token_hex(4)}"
    environment = [word for key, value in variables.items() for word in ("--env", f"{key}={value}")]
    # Without health checks by podman, whose timer needs systemd. check_inside() runs the command.
    options = f"--detach --name {name} --network host --no-healthcheck --volume {name}:/data".split()
    tool("run", *options, *LOCKED, *environment, IMAGE)
    try:
        yield name
    finally:
        tool("rm", "--force", name, check=False)
        tool("volume", "rm", "--force", name, check=False)


def make_certificate(folder):
    """Create a self-signed certificate for 127.0.0.1 in `folder`."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)


def walk(chromium, address, javascript):
    """Visit the home page, a story, the search and the text-only version in a browser; return the errors."""
    errors = []
    with sync_playwright() as playwright:
        browser = services.launch(playwright, chromium)
        context = browser.new_context(ignore_https_errors=True, java_script_enabled=javascript)
        page = context.new_page()
        page.on("requestfailed", lambda request: errors.extend(services.network_errors(request)))
        page.on("console", lambda message: errors.extend(services.console_errors(message)))
        page.on("response", lambda got: errors.extend([got.url] if got.status >= 400 else []))
        try:
            steps(page, address)
            if context.cookies():
                errors.append("a cookie was set")
        except Exception as error:
            errors.append(str(error))
        browser.close()
    return "; ".join(errors)


def steps(page, address):
    """Do with `page` what a visitor does. Raises if something is missing."""
    main, title = page.get_by_role("main"), page.get_by_role("heading", level=1)
    for _ in range(3):  # so often that nginx answers one request from its cache
        page.goto(address)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Stories").click()
    page.wait_for_url("**/stories/")
    card = main.get_by_role("article").filter(has=page.locator("img")).first
    name = card.get_by_role("heading", level=3).inner_text()
    card.get_by_role("link", name=name, exact=True).click()
    expect(title).to_have_text(name)
    picture = main.locator("img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100, "the picture didn't load"
    page.get_by_label("Search the stories").fill(name)
    page.get_by_label("Search the stories").press("Enter")
    expect(main.get_by_role("link", name=name, exact=True)).to_be_visible()
    main.get_by_role("link", name=name, exact=True).click()
    expect(title).to_have_text(name)
    page.goto(f"{page.url}?text=1")
    expect(title).to_have_text(name)
    expect(page.locator("img")).to_have_count(0)


if __name__ == "__main__":
    sys.exit(main())
