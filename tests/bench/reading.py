"""Benchmark of the demo site for readers on a slow connection.

make bench ARGS=reading
python -m tests.bench.reading
"""

import json
import os
import tempfile
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import sync_playwright

from tests.bench import load
from tests.support import services

PAGES = {"home": "/", "index": "/stories/", "search": "/search/?q=work"}
PAGES["story"] = "/stories/africa/kenya-migrant-workers-in-court/"
RUNS = 3
PHONE = {"viewport": {"width": 360, "height": 800}, "device_scale_factor": 2, "is_mobile": True}
# 400 kbit/s each way, in bytes per second, and a latency of 400 ms.
SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
# Text is readable when something is painted and all of the HTML has arrived. The browser does not wait for
# the typeface (font-display in site.css).
WORDS_READABLE = """() => new Promise((done) => new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint) done(Math.max(
        paint.startTime, performance.getEntriesByType("navigation")[0].responseEnd));
}).observe({type: "paint", buffered: true}))"""


@contextmanager
def phone():
    """Context manager that yields a function that opens a page with an empty cache."""
    # services.chromium() runs Playwright, which can't run twice at the same time.
    path = services.chromium()
    with sync_playwright() as playwright:
        browser = services.launch(playwright, path)
        yield lambda: browser.new_context(**PHONE).new_page()
        browser.close()


def main():
    with tempfile.TemporaryDirectory(prefix="bench-reading-") as folder:
        environment = os.environ | {"TRY_OUT": "1", "DATA_DIR": folder, "LOG_LEVEL": "WARNING"}
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.settings_bench"}
        # Pages name the files of the manifest, which collectstatic writes.
        load.manage(environment, "migrate -v0", "collectstatic --no-input -v0", "load_demo")
        with load.served(folder, environment) as (address, _site), phone() as new_page:
            for name, path in PAGES.items():
                # The first visit takes longer, because the server loads templates and fills its caches.
                _first, *runs = [paint(new_page(), address + path) for _run in range(RUNS + 1)]
                print(json.dumps({"page": name, "median": median(runs), "runs": runs}), flush=True)


def paint(page, address):
    """Return after how many milliseconds the text at `address` is readable on a slow connection."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.goto(address, timeout=120_000)
    readable = round(page.evaluate(WORDS_READABLE))
    page.context.close()
    return readable


if __name__ == "__main__":
    main()
