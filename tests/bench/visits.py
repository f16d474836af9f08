"""A phone that opens pages, for the benchmarks of whole visits and of pages on a slow connection."""

from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.bench.load import ask
from tests.support import services

PHONE = {"viewport": {"width": 360, "height": 800}, "device_scale_factor": 2, "is_mobile": True}


@contextmanager
def phone():
    """Context manager that yields a function that opens a page with an empty cache."""
    # services.chromium() runs Playwright, which can't run twice at the same time.
    path = services.chromium()
    with sync_playwright() as playwright:
        browser = services.launch(playwright, path)
        yield lambda: browser.new_context(**PHONE).new_page()
        browser.close()


def make_files(site, path, folder):
    """Write what a phone requests for the page at `path` into numbered files in `folder`.

    Return the paths that it requests, the page first, and the number of bytes. The phone has an empty cache,
    and scrolls to each picture.
    """
    folder.mkdir(exist_ok=True)
    with phone() as new_page:
        page, requested = new_page(), []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(site + path, wait_until="networkidle")
        for picture in page.locator("img").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
    bodies = [ask(url).read() for url in requested]
    for number, body in enumerate(bodies):
        (folder / str(number)).write_bytes(body)
    paths = [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in requested]
    return paths, sum(map(len, bodies))
