"""Takes the pictures of the documentation and of the editors' guide from a running site: `make pictures`.

It starts the site in try-out mode with the demonstration, in a temporary folder, opens it in Chromium and
writes docs/pictures/*.webp and editing/static/editing/guide/*.webp. The picture of the report of an import
from WordPress is about a small export: `import_wordpress --report` reads it and imports nothing.
"""

import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support import services
from tests.support.demo_site import running_demo
from tests.support.wordpress import export, wp_author, wp_item

PICTURES = Path(__file__).parent / "pictures"
PICTURES_OF_GUIDE = Path(__file__).parents[1] / "editing" / "static" / "editing" / "guide"
LAPTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
STORY = "/stories/africa/dakar-meeting-kedougou-gold-zones/"
ENDS_SOON = "P-7K3M"  # a person in stories/demo/people.toml
STORY_OF_GROUP = "Care is a skill"  # the story about P-4GRN, a group of people in stories/demo/people.toml
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


def take(page, name, folder):
    """Write what `page`, a tab of the browser, shows to `name`.webp in `folder`."""
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    shot.save(folder / f"{name}.webp", quality=80, method=6)  # 6: the slowest method, with the smallest files


def visit_as_reader(browser, address):
    for name, (path, size, scheme) in READERS_PAGES.items():
        page = browser.new_page(viewport=size, color_scheme=scheme)
        page.goto(address + path, wait_until="networkidle")
        take(page, name, PICTURES)
        page.close()


def sign_in(browser, address, password):
    """Return a page with the first page of the admin."""
    page = browser.new_page(viewport=LAPTOP)
    page.goto(f"{address}/admin/")
    page.fill("[name=username]", "demo")
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.get_by_role("link", name="Write a story").wait_for()
    return page


def visit_as_lead(browser, address, password):
    """Take the pictures of docs/safeguarding.md. The demo account is a safeguarding lead."""
    page = sign_in(browser, address, password)
    page.get_by_role("heading", name="Needs you today").scroll_into_view_if_needed()
    take(page, "safeguarding-today", PICTURES)
    page.get_by_role("link", name=ENDS_SOON, exact=True).click()
    page.get_by_role("link", name="Take down now").wait_for()
    take(page, "safeguarding-person", PICTURES)
    page.goto(f"{address}/admin/stories/?q=Care")
    page.get_by_role("link", name=STORY_OF_GROUP).click()
    # The group did not agree to real names, so the editor says that the page can't be published.
    page.get_by_label("Named in the page").select_option("By the real name")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("status").get_by_text("has been updated").wait_for()
    # This opens the panel that says it.
    page.get_by_role("button", name="Toggle people in this page").click()
    page.get_by_label("Named in the page").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    take(page, "safeguarding-story", PICTURES)


def visit_as_editor(browser, address, password):
    page = sign_in(browser, address, password)
    take(page, "home", PICTURES_OF_GUIDE)
    page.get_by_role("link", name="Write a story").click()
    page.fill("[name=title]", "The road home")
    take(page, "story", PICTURES_OF_GUIDE)
    page.mouse.move(640, 430)  # to the middle of the page, which the wheel then scrolls
    page.mouse.wheel(0, 750)  # so that there is room for the choice of blocks
    page.get_by_role("button", name="Insert a block").first.click()
    page.get_by_role("listbox").wait_for()
    page.wait_for_load_state("networkidle")
    take(page, "blocks", PICTURES_OF_GUIDE)
    page.goto(f"{address}/admin/snippets/stories/theme/")
    take(page, "themes", PICTURES_OF_GUIDE)
    page.goto(f"{address}/admin/settings/home/sitesettings/")
    page.get_by_role("heading", name="Look").wait_for()
    take(page, "settings", PICTURES_OF_GUIDE)


def write_export(folder):
    """Write an export of WordPress into `folder`. Return the command that reports on it.

    The report says something else about each of its items.
    """
    path = "/wp-content/uploads/2019/06"
    words = "<p>Nobody had told them that a contract needs two copies. They know now.</p>"
    items = [
        wp_item(12, words, title="Two copies", excerpt="What a contract is for.", creator="login"),
        wp_item(
            15,
            f'{words}<p><img src="{path}/market.jpg"></p>[donate_box amount="20"]Give[/donate_box]',
            title="On market day",
            status="private",
            terms=[("category", "ghana", "Ghana")],
        ),
        wp_item(18, words, title="About us", type="page"),
        wp_item(21, "", title="", type="attachment", status="inherit", attachment_url=f"{path}/boat.jpg"),
        wp_item(24, words, title="A first try", status="trash"),
    ]
    (folder / "export.xml").write_text(export(*items, authors=wp_author(1, "login", "Ama K.")))
    return f"import_wordpress {folder}/export.xml --report {folder}/report"


def visit_report(browser, folder):
    """Take the picture of docs/moving-in.md."""
    page = browser.new_page(viewport=LAPTOP)
    page.goto(f"file://{folder}/report/report.html")
    take(page, "moving-in-report", PICTURES)


def main():
    # Before sync_playwright(): services.chromium() starts Playwright too, which can't run twice at a time.
    chromium = services.chromium()
    with (
        tempfile.TemporaryDirectory() as moving,
        # Management commands, which run before the site starts. `folder` is the site's DATA_DIR.
        running_demo("demo_login", write_export(Path(moving))) as (address, folder),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=services.BROWSER_FLAGS,
            chromium_sandbox=os.geteuid() != 0,  # the sandbox refuses to run as root
        )
        visit_report(browser, moving)
        visit_as_reader(browser, address)
        password = (folder / "demo_password").read_text()
        visit_as_editor(browser, address, password)
        visit_as_lead(browser, address, password)
        browser.close()


if __name__ == "__main__":
    main()
