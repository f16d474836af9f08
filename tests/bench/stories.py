"""Fills the database with stories and pictures for tests/bench/server.py.

python -m tests.bench.stories 1000    prints [{kind: address}, {kind of page: number of queries}] as JSON
"""

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from wagtail.models import Locale, ReferenceIndex  # noqa: E402

from home.models import HomePage  # noqa: E402
from stories.models import StoryIndexPage, StoryPage  # noqa: E402
from stories.terms import Theme  # noqa: E402
from tests.support import builders, distractors  # noqa: E402
from tests.support.wsgi import SiteClient, forget_pages  # noqa: E402

PICTURES = 20
WORDS_OF_A_STORY = 600


def main(size):
    settings.ALLOWED_HOSTS.append("testserver")  # the host of SiteClient
    distractors.add_stories(size, words=WORDS_OF_A_STORY, seed=size)
    pictures = [builders.make_image(f"Picture {number}") for number in range(PICTURES)]
    index = find_index()
    stories = list(StoryPage.objects.order_by("-date", "-pk").values_list("pk", flat=True))
    for number, picture in enumerate(pictures):
        chosen = stories[number::PICTURES]
        StoryPage.objects.filter(pk__in=chosen).update(lead_image=picture, lead_image_alt="A road")
        if chosen:  # One reference makes the picture public.
            ReferenceIndex.create_or_update_for_object(StoryPage.objects.get(pk=chosen[0]))
    story = make_story(index, pictures)
    distractors.vacuum()  # Otherwise autovacuum does this while pages are measured.
    home = HomePage.objects.get(locale=Locale.get_default())
    html = builders.parse(visit(story.url)[0])
    addresses = {
        "home": home.url,
        "index": index.url,
        "filter": f"{index.url}?theme={Theme.objects.get(name=distractors.THEMES[0]).slug}",
        "story": story.url,
        "search": "/search/?q=market",
        "rendition": html.select_one("main img")["src"],
        "static file": html.select_one("link[rel=stylesheet]")["href"],
    }
    queries = {kind: visit(addresses[kind])[1] for kind in ("home", "index", "filter", "story", "search")}
    print(json.dumps([addresses, queries]))


def visit(address):
    """Return the response at `address`, which is not cached, and the number of queries of the third request.

    The first two fill the caches of values that pages have in common.
    """
    client = SiteClient()
    forget_pages(client.process)
    for _visit in range(3):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
    return response, len(captured)


def find_index():
    """Return the StoryIndexPage of the stories."""
    return StoryIndexPage.objects.get(pk=StoryPage.objects.first().get_parent().pk)


def make_story(index, pictures, title="Of the market", **fields):
    """Return a story as editors write it, with pictures. `fields`: as for `builders.make_story`."""
    _title, summary, body = distractors.Writer(seed=2, words=WORDS_OF_A_STORY).story()
    shown = [
        {"image": {"image": picture.pk, "alt_text": "A road", "decorative": False}, "caption": ""}
        for picture in pictures[:2]
    ]
    fields |= {"lead_image": pictures[2], "lead_image_alt": "A field"}
    body = [*json.loads(body), {"type": "pictures", "value": {"pictures": shown}}]
    return builders.make_story(title, index, ["KE"], ["Weaving"], ["Staff"], body, summary=summary, **fields)


if __name__ == "__main__":
    main(int(sys.argv[1]))
