"""Builds the image, and runs the site alone and with Docker Compose by the commands of the documentation.

    python -m tests.container

`make container` runs it, on Linux with Docker or podman. The last line says how many checks passed and
failed. The exit status is 1 if one failed, and 2 if a program is missing. Containers and volumes are deleted
afterwards.
"""

import json
import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

from tests.container.compose import check_compose, check_small, machine, within
from tests.container.machines import check_machines
from tests.container.tool import IMAGE, ROOT, Checks, Tool
from tests.support import services
from tests.support.documented import block
from tests.support.production import new_safeguarding_key
from tests.support.requests import answer, begin_upload, end_upload

MAX_MEGABYTES = 350  # that the image may add to its base
PATIENCE = 180  # seconds until the container is ready
# Options that restrict the container: the site can write only to /data and /tmp.
LOCKED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges"]  # noqa: S108
LOCKED += ["--pids-limit", "256", "--memory", "1g"]
SECRET_NAMES = ("SECRET", "PASSWORD", "TOKEN", "KEY")
# A command without a shell, so nothing needs to be quoted.
FIND_SECRETS = "find / -xdev ( -name .git -o -name .env -o -name *.sqlite3 -o -name .netrc -o -name id_rsa* )"


def main():
    checks = Checks()
    try:
        tool, chromium = Tool(), services.chromium()
        image = tool.build()
        check_image(checks, tool, image)
        check_container(checks, tool, image)
        check_compose(checks, tool, chromium)
        check_small(checks, tool, chromium)
        check_machines(checks, tool)
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


def check_container(checks, tool, image):
    """Check the container that the documentation starts alone, with SQLite; back it up, and restore it."""
    port = services.free_port()
    with machine(tool) as here, container(tool) as name:
        age_key = here.run(f"{block('backup-key')}; cat age-key.txt")
        variables = {"SECRET_KEY": secrets.token_urlsafe(48), "SAFEGUARDING_KEYS": new_safeguarding_key()}
        variables |= {"BASE_URL": f"https://127.0.0.1:{port}", "TRUST_PROXY": "1", "FIRST_ADMIN": "random"}
        variables |= {"BACKUP_DIR": "/backups", "BACKUP_KEY": re.search("age1[a-z0-9]+", age_key)[0]}
        (here.folder / ".env").write_text("".join(f"{key}={value}\n" for key, value in variables.items()))
        start, restore = (
            text.replace("stories-data", name)
            .replace("stories-backups", f"{name}-backups")
            .replace("--name stories", f"--name {name}")
            .replace(":8000:", f":{port}:")
            for text in (block("one-container"), block("restore-one-container"))
        )
        here.run(start.replace("--env-file", f"--volume {name}-backups:/backups --env-file"))
        check_answers(checks, tool, name, port)
        check_inside(checks, tool, image, name)
        tool("exec", name, "python", "manage.py", "backup")
        check_stop(checks, tool, name, port)
        done = here.run(restore, check=False)
        tool("start", name)
        check_answers(checks, tool, name, port)
        checks.that("the backup of one container is restored", "was restored" in done, done)


def check_answers(checks, tool, name, port):
    """Wait until the container is ready or has ended, and check that it is ready."""

    def is_ready():
        return answer(port, "/readyz")[:3] == b"ok\n"

    def has_ended():
        return tool("inspect", "--format", "{{.State.Running}}", name) != "true"

    took = within(PATIENCE, lambda: is_ready() or has_ended())
    checks.that("it becomes ready, with a read-only root and no capabilities", is_ready(), logs(tool, name))
    print(f"      after {took} s")


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
def container(tool):
    """Context manager that yields a name for a container and its volumes, and deletes them."""
    name = f"stories-test-{secrets.token_hex(4)}"
    try:
        yield name
    finally:
        tool("rm", "--force", name, check=False)
        tool("volume", "rm", "--force", name, f"{name}-backups", check=False)


if __name__ == "__main__":
    sys.exit(main())
