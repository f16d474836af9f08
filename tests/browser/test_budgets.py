"""Public pages stay within budgets: bytes, requests, layout shifts, and no cookies."""

import gzip
import io
import itertools
import random
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from PIL import Image

from media.cleaning import CleanFile
from media.models import CleanImage
from stories import demo
from tests.support import builders, distractors
from tests.support.measures import MAX_SHIFT, SHIFTS

pytestmark = pytest.mark.sqlite_only

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True}
# Colours change neither bytes nor places: the phone has only the light ones, and the desktop the dark ones.
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}
WORDS_OF_A_STORY, PICTURES_OF_A_STORY, STORIES_OF_AN_INDEX = 1500, 6, 12
# Stories share pictures, because creating the renditions takes most of the time. No list loads more at once.
DIFFERENT_PICTURES = 10
# The most that each page may use: KB (1,024 bytes) of HTML and CSS, of JavaScript, of the whole first view on
# a phone and on a desktop, all with headers; then the number of requests.
BUDGETS = {
    "story": (30, 10, 120, 120, 10),
    # On a desktop, nine of the twelve pictures are near enough to be loaded at once.
    "index": (30, 10, 170, 260, 16),
    "search": (30, 10, 150, 150, 16),
    "story, text only": (15, 0, 15, 15, 3),
    "index, text only": (15, 0, 15, 15, 3),
    "search, text only": (15, 0, 15, 15, 3),
}
# Requests the icon. Chromium does so at any time, and without a window never.
ASK_FOR_ICON = "() => fetch(document.querySelector('link[rel=icon]').href).then(answer => answer.blob())"


@pytest.fixture
def addresses(media_root, client, transactional_db):
    """{name in BUDGETS: address} of the reference pages. The requests here create all their renditions."""
    pictures = [make_photo(seed) for seed in range(DIFFERENT_PICTURES)]
    index = builders.make_index(introduction="<p>Told by those who lived them.</p>")
    generator = distractors.Writer(seed=1, words=120)  # makes random stories
    for number in range(1, STORIES_OF_AN_INDEX):  # the reference story is one more
        title, summary, _body = generator.story()
        shown = lead(pictures[number % DIFFERENT_PICTURES])
        builders.make_story(title, index, ["KE"], ["Debt bondage"], summary=summary, **shown)
    story = make_reference_story(index, pictures)
    found = {"story": story.url, "index": "/stories/", "search": "/search/?q=story"}
    # The fewest pictures that each page must have, so that its budget means something.
    for name, selector, fewest in (
        ("story", "main img", 9),
        ("index", ".card img", 12),
        ("search", ".result img", 9),
    ):
        assert len(builders.parse(client.get(found[name])).select(selector)) >= fewest, name
    text_only = {"index": "/stories/?text=1", "search": "/search/?q=story&text=1"}
    text_only["story"] = f"{story.url}?text=1"
    return found | {f"{name}, text only": address for name, address in text_only.items()}


def make_reference_story(index, pictures):
    body = [{"type": "text", "value": text} for text in prose()]
    step = len(body) // PICTURES_OF_A_STORY
    # From the end, so that what is put in moves none of the later places.
    for number in range(PICTURES_OF_A_STORY - 1, 0, -1):
        heading = {"type": "heading", "value": {"text": f"What happened on day {number}", "level": "2"}}
        body[number * step : number * step] = [builders.pictures_block(pictures[number]), heading]
    terms = ["KE", "SN"], ["Debt bondage", "Forced labour"], ["Staff"]
    fields = {"show_contents": True, **lead(pictures[0])}
    fields["summary"] = "She asked for her wages in court, with the help of a lawyer whom she met by chance."
    return builders.make_story("Wages after three years, and a court", index, *terms, body, **fields)


def lead(picture):
    return {"lead_image": picture, "lead_image_alt": "A wide field before a storm"}


def prose():
    """Return paragraphs of the demo with about WORDS_OF_A_STORY words.

    The text of distractors.Writer repeats a few words, so it would compress better.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(demo.__file__).parent.glob("*.toml"))]
    paragraphs = re.findall("<p>(.*?)</p>", "".join(texts))
    lengths = itertools.accumulate(len(text.split()) for text in paragraphs)
    count = sum(1 for length in lengths if length < WORDS_OF_A_STORY) + 1
    return [f"<p>{re.sub('<.*?>', '', text)}</p>" for text in paragraphs[:count]]


def make_photo(seed):
    """Return a picture with as many details, large and small, as a photograph has.

    At 800 pixels it takes 1.75 bits a pixel as JPEG (quality 85), 1.1 as WebP (80) and 0.58 as AVIF (48).
    """
    width, height = 960, 640
    chance, share = random.Random(seed), 0.5  # noqa: S311 - no secret
    image = Image.new("RGB", (width, height))
    for detail in [256, 128, 64, 32, 16, 8, 4, 2]:
        size = (width // detail, height // detail)
        noise = Image.frombytes("RGB", size, chance.randbytes(3 * size[0] * size[1]))
        image = Image.blend(image, noise.resize(image.size, Image.Resampling.BICUBIC), share)
        share *= 0.8
    image.save(file := io.BytesIO(), "JPEG", quality=92)
    clean = CleanFile(file.getvalue(), ".jpg")  # to clean it takes long
    return CleanImage.objects.create(
        title=f"Photograph {seed}", file=clean, shows=CleanImage.Shows.PLACE_OR_THING
    )


# --- Measuring -----------------------------------------------------------------------------------


def cost_of(page, address):
    """Open `address` in `page`, which has nothing in its cache; return the values for BUDGETS by name."""
    finished = []
    # Playwright sets an attribute on the function, which a built-in method can't have.
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108
    # Lazy pictures below the first view count if Chromium loads them.
    page.goto(address, wait_until="networkidle")
    if not any("favicon" in request.url for request in finished):
        with page.expect_event("requestfinished"):
            page.evaluate(ASK_FOR_ICON)
    sizes = [(request.resource_type, sent_size(request) / 1024) for request in finished]
    return {
        "HTML and CSS": sum(size for kind, size in sizes if kind in {"document", "stylesheet"}),
        "JavaScript": sum(size for kind, size in sizes if kind == "script"),
        "first view": sum(size for _kind, size in sizes),
        "requests": len(sizes),
    }


def sent_size(request):
    """Return the bytes of the response to `request`, with its headers, as a site in production sends it.

    The live server sends static files without compression. In production, WhiteNoise sends the gzip file that
    `collectstatic` made, so this counts the compressed size.
    """
    sizes = request.sizes()
    body = sizes["responseBodySize"]
    name = re.search("/static/(.+)", request.url)
    if name:
        content = Path(finders.find(name[1])).read_bytes()
        body = min(len(content), len(gzip.compress(content)))
    return body + sizes["responseHeadersSize"]


def test_pages_keep_to_their_budgets(new_page, live_server, addresses):
    problems = []
    for (name, budget), device in itertools.product(BUDGETS.items(), [PHONE, DESKTOP]):
        if device is DESKTOP and "text only" in name:  # It is the same.
            continue
        page = new_page(**device)
        cost = cost_of(page, live_server.url + addresses[name])
        where = f"{name} at {device['viewport']['width']}"
        *most, on_phone, on_desktop, requests = budget
        most += [on_phone if device is PHONE else on_desktop, requests]
        problems += [
            f"{where}: {what} {spent:.1f} > {limit}"
            for (what, spent), limit in zip(cost.items(), most, strict=True)
            if spent > limit
        ]
        if cookies := page.context.cookies():
            problems.append(f"{where}: sets {cookies}")
        problems += [f"{where}: the layout shifts by {shift}" for shift in page.evaluate(SHIFTS, MAX_SHIFT)]
    assert not problems, "\n".join(problems)
