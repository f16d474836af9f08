"""Takes the pictures of the documentation from a running site: `make pictures`.

Starts the site in try-out mode with the demonstration, in a folder that is gone afterwards, opens it in
Chromium and writes docs/pictures/*.webp.
"""

import io
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.conftest import BROWSER_FLAGS
from tests.services import find_chromium, free_port

HERE = Path(__file__).parent
STORY = "/stories/africa/dakar-meeting-kedougou-gold-zones/"
READERS_PAGES = {"home": "/", "story": STORY, "stories": "/stories/", "search": "/search/?q=gold"}
LAPTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}


@contextmanager
def running_site():
    """Give the address of a site with the demonstration, and the password of its demo account."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = os.environ | {"TRY_OUT": "1", "DATA_DIR": folder, "BASE_URL": address}
        environment.pop("DATABASE_URL", None)
        for command in ("migrate -v0", "load_demo", "demo_login"):
            subprocess.run([sys.executable, "manage.py", *command.split()], env=environment, check=True)
        server = [sys.executable, "-m", "gunicorn", "site_project.wsgi", "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen([*server, "--log-level", "warning", "--threads", "4"], env=environment) as site:
            try:
                yield address, (Path(folder) / "demo_password").read_text()
            finally:
                site.terminate()


def take(page, name, **options):
    """Write what `page` shows to docs/pictures/`name`.webp."""
    shot = Image.open(io.BytesIO(page.screenshot(**options)))
    shot.save(HERE / "pictures" / f"{name}.webp", quality=80, method=6)


def wait_for(address):
    """Return when the site answers. The system's own retry of a refused connection is too short."""
    for _ in range(60):
        try:
            return urllib.request.urlopen(address, timeout=10)  # noqa: S310 - an address of this machine
        except OSError:
            subprocess.run(["sleep", "0.5"], check=True)  # noqa: S607
    sys.exit("The site did not start.")


def visit_as_reader(browser, address):
    for size_name, size in (("", LAPTOP), ("-phone", PHONE)):
        page = browser.new_page(viewport=size)
        for name, path in (
            ("home", "/"),
            ("story", STORY),
            ("stories", "/stories/"),
            ("search", "/search/?q=gold"),
        ):
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            take(page, f"{name}{size_name}")
        page.close()


def visit_as_editor(browser, address, password):
    page = browser.new_page(viewport=LAPTOP)
    page.goto(f"{address}/admin/")
    page.fill("[name=username]", "demo")
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.get_by_role("link", name="Write a story").wait_for()
    take(page, "admin-home")
    page.get_by_role("link", name="Write a story").click()
    page.fill("[name=title]", "The road home")
    take(page, "admin-story")
    page.get_by_role("button", name="Insert a block").first.click()
    page.get_by_role("listbox").wait_for()
    page.wait_for_load_state("networkidle")
    take(page, "admin-blocks")
    page.goto(f"{address}/admin/snippets/stories/theme/")
    take(page, "admin-themes")
    page.goto(f"{address}/admin/settings/home/sitesettings/")
    page.get_by_role("heading", name="Look").wait_for()
    take(page, "admin-settings")


def main():
    (HERE / "pictures").mkdir(exist_ok=True)
    # Looking for Chromium asks Playwright too, which can't be asked twice at a time.
    chromium = find_chromium()
    with running_site() as (address, password), sync_playwright() as playwright:
        wait_for(address)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=BROWSER_FLAGS, chromium_sandbox=os.geteuid() != 0
        )
        visit_as_reader(browser, address)
        visit_as_editor(browser, address, password)
        browser.close()


if __name__ == "__main__":
    main()
