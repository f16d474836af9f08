"""Takes the pictures of the documentation from a running site: `make pictures`.

It starts the site in try-out mode with the demonstration, in a temporary folder, opens it in Chromium and
writes docs/pictures/*.webp.
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support import services
from tests.support.demo_site import running_demo

HERE = Path(__file__).parent
LAPTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
STORY = "/stories/africa/dakar-meeting-kedougou-gold-zones/"
ARABIC_STORY = "/ar/قصص/عمل-آمن-في-الخارج/"
# {name of the picture: (path, size in CSS pixels, colour scheme)}.
READERS_PAGES = {
    "home-phone": ("/", PHONE, "light"),
    "stories": ("/stories/", LAPTOP, "light"),
    "story-phone-dark": (STORY, PHONE, "dark"),
    "story": (STORY, LAPTOP, "light"),
    "search": ("/search/?q=mining", LAPTOP, "light"),
    "story-phone-arabic": (ARABIC_STORY, PHONE, "light"),
}


def take(page, name, **options):
    """Write what `page` shows to docs/pictures/`name`.webp."""
    shot = Image.open(io.BytesIO(page.screenshot(**options)))
    shot.save(HERE / "pictures" / f"{name}.webp", quality=80, method=6)


def visit_as_reader(browser, address):
    for name, (path, size, scheme) in READERS_PAGES.items():
        page = browser.new_page(viewport=size, color_scheme=scheme)
        page.goto(address + path, wait_until="networkidle")
        take(page, name)
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
    # Before sync_playwright(): services.chromium() starts Playwright too, which can't run twice at a time.
    chromium = services.chromium()
    with running_demo("demo_login") as (address, folder), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=services.BROWSER_FLAGS, chromium_sandbox=os.geteuid() != 0
        )
        visit_as_reader(browser, address)
        visit_as_editor(browser, address, (folder / "demo_password").read_text())
        browser.close()


if __name__ == "__main__":
    main()
