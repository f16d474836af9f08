"""Benchmark of the demo site for readers on a slow connection.

make bench ARGS=reading
python -m tests.bench.reading
"""

import json
import os
from statistics import median

from playwright.sync_api import sync_playwright

from tests.support import services
from tests.support.demo_site import running_demo

PAGES = {
    "home": "/",
    "index": "/stories/",
    "story": "/stories/africa/kenya-migrant-workers-in-court/",
    "search": "/search/?q=work",
}
RUNS = 3
PHONE = {"viewport": {"width": 360, "height": 800}, "device_scale_factor": 2, "is_mobile": True}
# 400 kbit/s each way, in bytes per second, and a latency of 400 ms.
SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
# Text is readable when something is painted and all of the HTML has arrived. The browser does not wait for
# the typeface (font-display in site.css).
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
    if (list.getEntriesByName("first-contentful-paint").length) done();
}).observe({type: "paint", buffered: true}))"""
WORDS_READABLE = """() => Math.max(
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    performance.getEntriesByType("navigation")[0].domInteractive)"""


def main():
    # services.chromium() runs Playwright, which can't run twice at the same time.
    chromium = services.chromium()
    settings = "tests.support.settings_bench"
    # Pages name the files of the manifest, which collectstatic writes.
    with running_demo("collectstatic --no-input -v0", settings=settings) as address:
        measure_paint(address, chromium)


def measure_paint(address, chromium):
    """Report after how many milliseconds the text of each page is readable on a slow connection."""
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0
        options = {"executable_path": chromium, "args": services.BROWSER_FLAGS, "chromium_sandbox": sandbox}
        browser = playwright.chromium.launch(**options)
        for name, path in PAGES.items():
            # The first visit takes longer, because the server loads templates and fills its caches.
            paint(browser, address + path, slow=False)
            values = [paint(browser, address + path) for _run in range(RUNS)]
            print(json.dumps({"page": name, "median": median(values), "runs": values}), flush=True)
        browser.close()


def paint(browser, address, slow=True):
    """Open `address` with an empty cache; return after how many milliseconds its text was readable."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    if slow:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.goto(address, timeout=120_000)
    page.evaluate(PAINTED)
    readable = round(page.evaluate(WORDS_READABLE))
    context.close()
    return readable


if __name__ == "__main__":
    main()
