"""Benchmark of the demo site for readers: a slow connection, and Lighthouse.

    make bench ARGS=reading
    python -m tests.bench.reading

Lighthouse is the program `lighthouse`, or `npx lighthouse` if that is installed.
"""

import json
import os
import shutil
import subprocess
import sys
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
    chromium, lighthouse = services.chromium(), find_lighthouse()
    settings = "tests.support.settings_bench"
    # Pages name the files of the manifest, which collectstatic writes.
    collect = ["collectstatic --no-input -v0"]
    with running_demo(first=collect, settings=settings) as (address, _folder):
        measure_paint(address, chromium)
        for name, path in PAGES.items():
            scores = [ask_lighthouse(lighthouse, address + path, chromium) for _run in range(RUNS)]
            for category in scores[0]:
                report(name, category, [score[category] for score in scores])


def report(page, question, values):
    print(
        json.dumps({"page": page, "question": question, "median": median(values), "runs": values}), flush=True
    )


# --- A slow connection ---------------------------------------------------------------------------


def measure_paint(address, chromium):
    """Report after how many milliseconds the text of each page is readable on a slow connection."""
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0
        options = {"executable_path": chromium, "args": services.BROWSER_FLAGS, "chromium_sandbox": sandbox}
        browser = playwright.chromium.launch(**options)
        for name, path in PAGES.items():
            # The first visit takes longer, because the server loads templates and fills its caches.
            paint(browser, address + path, slow=False)
            report(name, "words readable", [paint(browser, address + path) for _run in range(RUNS)])
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


# --- Lighthouse ----------------------------------------------------------------------------------


def find_lighthouse():
    """Return the command that runs Lighthouse as a list, or None if it is not installed."""
    if path := shutil.which("lighthouse"):
        return [path]
    npx = ["npx", "--no-install", "lighthouse"]
    if not shutil.which("npx"):
        return None
    found = subprocess.run([*npx, "--version"], capture_output=True, check=False)
    return npx if found.returncode == 0 else None


def ask_lighthouse(lighthouse, address, chromium):
    """Return Lighthouse's scores for `address` on a phone, as {category: 0 to 100}.

    Without Lighthouse the only category is "lighthouse", with 0. Audits that fail are printed on stderr.
    """
    if not lighthouse:
        print("No Lighthouse here: npm install --global lighthouse", file=sys.stderr)
        return {"lighthouse": 0}
    flags = ["--headless=new", *services.BROWSER_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    command = [*lighthouse, address, "--quiet", "--output=json", "--no-enable-error-reporting"]
    command += ["--only-categories=performance,accessibility,best-practices,seo"]
    answer = subprocess.run(
        [*command, f"--chrome-flags={' '.join(flags)}"],
        env=os.environ | {"CHROME_PATH": str(chromium)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(answer.stdout)
    for category in found["categories"].values():
        for audit in category["auditRefs"]:
            score = found["audits"][audit["id"]]["score"]
            if audit["weight"] and score is not None and score < 1:
                print(f"{address}: {category['id']}: {audit['id']} {score}", file=sys.stderr)
    return {name: round(100 * (part["score"] or 0)) for name, part in found["categories"].items()}


if __name__ == "__main__":
    main()
