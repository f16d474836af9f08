"""Benchmark of whole visits: a page and all that a phone loads with it. tests/bench/server.py runs it."""

import os
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.bench.load import SERVER_CORE, ask, on_core, report
from tests.bench.reading import PHONE
from tests.support import front_server, services

# A script for wrk, in Lua: it requests the addresses in turn.
IN_TURN = """
local addresses = {{{addresses}}}
local number = 0
request = function()
    number = number % #addresses + 1
    return wrk.format("GET", addresses[number])
end
"""


def measure(size, kind, site, path, folder, bare):
    """Report how many visits per second the site handles for the page at `path`, without and behind nginx.

    Without nginx it is compared with the minimal program at the address `bare`, which gets as many requests.
    Behind nginx it is compared with the same nginx sending the same bytes from files.
    """
    paths = loaded_by_phone(site, path)
    files = folder / "visit"
    files.mkdir(exist_ok=True)
    total = 0
    for number, each in enumerate(paths):
        body = ask(site + each).read()
        total += len(body)
        (files / f"{kind}-{number}").write_bytes(body)
    more = f"location /files-of-the-benchmark/ {{ alias {files}/; }}"
    program, upstream = front_server.nginx_program(), site.removeprefix("http://")
    with on_core(SERVER_CORE), front_server.running(program, upstream, folder, more=more) as (port, _logs):
        address = f"http://127.0.0.1:{port}"
        of_files = write_script(
            folder / "files.lua", [f"/files-of-the-benchmark/{kind}-{number}" for number in range(len(paths))]
        )
        of_site = write_script(folder / "site.lua", paths)
        straight = {"visits to bare": bare, "visits straight": (site, {}, of_site)}
        behind = {
            "visits as files of nginx": (address, {}, of_files),
            "visits behind nginx": (address, {}, of_site),
        }
        for ways in (straight, behind):
            report(size, kind, ways, requests=len(paths), bytes=total)


def write_script(path, addresses):
    path.write_text(IN_TURN.format(addresses=", ".join(f'"{address}"' for address in addresses)))
    return path


def loaded_by_phone(site, path):
    """Return the paths that a phone requests for the page at `path`, the page first.

    The phone has an empty cache, and scrolls to each picture.
    """
    # services.chromium() runs Playwright, which can't run twice at the same time.
    chromium = services.chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=services.BROWSER_FLAGS,
            chromium_sandbox=os.geteuid() != 0,
        )
        page = browser.new_context(**PHONE).new_page()
        requested = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(site + path, wait_until="networkidle")
        for picture in page.locator("img").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        browser.close()
    return [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in requested]
