"""Two containers of the site as on two machines, with one database, one bucket and one front server."""

import re
import secrets
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.container.compose import PATIENCE, within
from tests.container.tool import IMAGE
from tests.support import bucket_server, front_server, postgresql_server, services
from tests.support.production import HOST, Site, new_safeguarding_key
from tests.support.requests import answer

LIMIT = 3  # seconds until a page that was hidden is gone: docs/deploying.md
# A story of the demo, and code that hides it and prints when it began.
STORY = "/stories/africa/dakar-meeting-kedougou-gold-zones/"
HIDE = f"""import time
from publishing.hiding import hide
from stories.models import StoryPage
story, began = StoryPage.objects.get(slug="{STORY.split("/")[-2]}"), time.time()
hide(story)
print(began)"""


def check_machines(checks, tool):
    """Load the demo and hide a story on one of two machines, and put a new one in the place of both."""
    variables = {"SECRET_KEY": secrets.token_urlsafe(48), "SAFEGUARDING_KEYS": new_safeguarding_key()}
    variables |= {"BASE_URL": f"https://{HOST}", "TRUST_PROXY": "1", "S3_BUCKET": "stories"}
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql_server.postgres() as server,
        postgresql_server.new_database(server) as variables["DATABASE_URL"],
        bucket_server.running() as bucket,
    ):
        urlopen(Request(f"{bucket['AWS_ENDPOINT_URL_S3']}/stories", method="PUT")).close()  # noqa: S310
        variables |= bucket
        with machines(checks, tool, variables, 2) as ports:
            tool("exec", name_of(ports[0]), "python", "manage.py", "load_demo")
            upstreams = [f"127.0.0.1:{port}" for port in ports]
            program = front_server.nginx_program()
            with front_server.running(program, upstreams, folder, scheme="https") as (front, _logs):
                first, *others = [answers(port) for port in (*ports, front)]
                has_all = STORY in first and any("/media/" in address for address in first)
                equal = others == [first] * 2 and has_all and {*first.values()} == {200}
                checks.that("two machines have the same pages and pictures", equal, (first, others))
                check_hidden(checks, tool, [*ports, front])
            after = {address: ask(ports[1], address)[0] for address in first}
        with machines(checks, tool, variables, 1) as [new]:
            wrong = [address for address, status in after.items() if ask(new, address)[0] != status]
            checks.that(f"a new machine answers as they did at {len(after)} addresses", not wrong, wrong)


@contextmanager
def machines(checks, tool, variables, number):
    """Context manager that starts `number` containers at once, without volumes, and yields their ports."""
    ports = [services.free_port() for _each in range(number)]
    try:
        for port in ports:
            options = [f"--env={name}={value}" for name, value in (variables | {"PORT": port}).items()]
            tool("run", "--detach", "--name", name_of(port), "--network", "host", *options, IMAGE)
        ready = within(PATIENCE, lambda: all(answer(port, "/readyz")[:3] == b"ok\n" for port in ports))
        checks.that(f"{number} without a volume become ready", ready, tool("logs", name_of(ports[0])))
        print(f"      after {ready} s")
        yield ports
    finally:
        for port in ports:
            tool("rm", "--force", "--volumes", name_of(port), check=False)


def name_of(port):
    return f"stories-test-{port}"


def ask(port, address):
    """Return (status, headers, body) of the response of the server at `port`."""
    return Site.ask(SimpleNamespace(port=port), address)


def answers(port):
    """Return {address: status} of all pages in the sitemap, and of the pictures on them."""
    sitemap = ask(port, "/sitemap.xml")[2].decode()
    found = {urlsplit(address).path: None for address in re.findall("<loc>([^<]+)</loc>", sitemap)}
    for address in [*found]:
        found[address], _headers, page = ask(port, address)
        found |= dict.fromkeys(re.findall(r'"(/media/[^"\s]+)"', page.decode()))
    return {address: status or ask(port, address)[0] for address, status in found.items()}


def check_hidden(checks, tool, ports):
    """Hide the story on the first machine, while all servers are asked for it."""

    def last_seen(port):
        """Return the time at which the story was sent last, when it was gone for LIMIT seconds."""
        seen = time.time()
        while time.time() < seen + LIMIT:
            if ask(port, STORY)[0] == 200:
                seen = time.time()
            time.sleep(0.02)
        return seen

    shell = ["python", "manage.py", "shell", "--no-imports", "--command", HIDE]
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(last_seen, port) for port in ports]
        began = float(tool("exec", name_of(ports[0]), *shell).split()[-1])
        took = [round(each.result() - began, 1) for each in asked]
    checks.that(f"a hidden story is gone everywhere in {LIMIT} s", max(took) < LIMIT, took)
    print(f"      after {', '.join(map(str, took))} s")
