"""Two containers of the site as on two machines, with one database, one bucket and one front server."""

import re
import secrets
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.container.compose import within
from tests.container.tool import IMAGE
from tests.support import bucket_server, front_server, postgresql_server, services
from tests.support.production import HOST, Site, new_safeguarding_key
from tests.support.requests import answer

BUCKET = "stories"
PATIENCE = 120  # seconds until a container is ready
LIMIT = 3  # seconds until a page that was hidden is gone: docs/deploying.md
# Hides the first story, and prints when that began.
HIDE = """import time
from publishing.hiding import hide
from stories.models import StoryPage
began = time.time()
hide(StoryPage.objects.live().first())
print(began)"""
FIRST = "from stories.models import StoryPage; print(StoryPage.objects.live().first().url)"


class Server:
    """What listens on `port` of this machine. `name`: that of the container."""

    def __init__(self, port, name=""):
        self.port, self.name = port, name

    ask = Site.ask


def check_machines(checks, tool):
    """Load the demo and hide a story on one of two machines, and put a new one in the place of both."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql_server.postgres() as server,
        postgresql_server.new_database(server) as database,
        bucket_server.running() as bucket,
    ):
        urlopen(Request(f"{bucket['AWS_ENDPOINT_URL_S3']}/{BUCKET}", method="PUT")).close()  # noqa: S310
        keys = {"SECRET_KEY": secrets.token_urlsafe(48), "SAFEGUARDING_KEYS": new_safeguarding_key()}
        shared = {
            "DATABASE_URL": database,
            "S3_BUCKET": BUCKET,
            "BASE_URL": f"https://{HOST}",
            "TRUST_PROXY": "1",
        }
        variables = bucket | keys | shared
        program = front_server.nginx_program()
        with machines(checks, tool, variables, 2) as both:
            upstreams = [f"127.0.0.1:{machine.port}" for machine in both]
            tool("exec", both[0].name, "python", "manage.py", "load_demo")
            with front_server.running(program, upstreams, folder, scheme="https") as (port, _logs):
                servers = [*both, Server(port)]
                before = [answers(each) for each in servers]
                pictures = sum("/media/" in address for address in before[0])
                equal = before[0] == before[1] == before[2] and {*before[0].values()} == {200} and pictures
                checks.that("two machines have the same pages and pictures", equal, before)
                check_hidden(checks, tool, servers)
            after = {address: both[1].ask(address)[0] for address in before[0]}
        with machines(checks, tool, variables, 1) as [new]:
            others = {address for address, status in after.items() if new.ask(address)[0] != status}
            checks.that(f"a new machine answers as they did at {len(after)} addresses", not others, others)


@contextmanager
def machines(checks, tool, variables, number):
    """Context manager that starts `number` containers at once, without volumes, and yields their Servers."""
    made = [Server(services.free_port(), f"stories-test-{secrets.token_hex(4)}") for _each in range(number)]
    try:
        for each in made:
            settings = [f"--env={key}={value}" for key, value in (variables | {"PORT": each.port}).items()]
            tool("run", "--detach", "--name", each.name, "--network", "host", *settings, IMAGE)
        ready = within(PATIENCE, lambda: all(answer(each.port, "/readyz")[:3] == b"ok\n" for each in made))
        checks.that(
            f"{number} without a volume become ready", ready, [tool("logs", each.name) for each in made]
        )
        print(f"      after {ready} s")
        yield made
    finally:
        for each in made:
            tool("rm", "--force", "--volumes", each.name, check=False)


def answers(server):
    """Return {address: status} of all pages in the sitemap, and of the pictures on them."""
    sitemap = server.ask("/sitemap.xml")[2].decode()
    found = {urlsplit(address).path: None for address in re.findall("<loc>([^<]+)</loc>", sitemap)}
    for address in [*found]:
        found[address], _headers, page = server.ask(address)
        found |= dict.fromkeys(re.findall(r'"(/media/[^"\s]+)"', page.decode()))
    return {address: status or server.ask(address)[0] for address, status in found.items()}


def check_hidden(checks, tool, servers):
    """Hide a story on the first of `servers` while all are asked for it."""
    shell = ["exec", servers[0].name, "python", "manage.py", "shell", "--no-imports", "--command"]
    address = tool(*shell, FIRST).split()[-1]

    def last_seen(server):
        """Return the time at which `server` sent the page last, when it was gone for LIMIT seconds."""
        seen = time.time()
        while time.time() < seen + LIMIT:
            if server.ask(address)[0] == 200:
                seen = time.time()
            time.sleep(0.02)
        return seen

    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(last_seen, each) for each in servers]
        began = float(tool(*shell, HIDE).split()[-1])
        took = [round(each.result() - began, 1) for each in asked]
    checks.that(f"a hidden story is gone everywhere in {LIMIT} s", max(took) < LIMIT, took)
    print(f"      after {', '.join(map(str, took))} s")
