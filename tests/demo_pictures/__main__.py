"""Draws the demo's pictures: `python -m tests.demo_pictures`, or with names of files in scenes/ for some.

Each file in scenes/ is the inside of an SVG image of 1600 by 1000. paper.svg is what surrounds it. It has
what the scenes share: colours, kinds of paper, hands, cloth, plants, writing.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support import services

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "stories" / "demo" / "pictures"


def draw(names):
    around = (HERE / "paper.svg").read_text(encoding="utf-8")
    path = services.chromium()
    with sync_playwright() as playwright:
        browser = services.launch(playwright, path)
        page = browser.new_page(viewport={"width": 1600, "height": 1000}, device_scale_factor=1.5)
        for name in names:
            scene = (HERE / "scenes" / f"{name}.svg").read_text(encoding="utf-8")
            page.set_content(around.replace("<!-- scene -->", scene))
            picture = Image.open(io.BytesIO(page.screenshot(timeout=0))).convert("RGB")
            picture.save(PICTURES / f"{name}.webp", quality=66, method=6)


draw(sys.argv[1:] or sorted(path.stem for path in (HERE / "scenes").glob("*.svg")))
