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
from wagtail.models import ReferenceIndex  # noqa: E402

from stories.models import StoryPage  # noqa: E402
from stories.terms import Theme  # noqa: E402
from tests.support import builders, distractors  # noqa: E402
from tests.support.wsgi import SiteClient, forget_pages  # noqa: E402

PICTURES, WORDS_OF_A_STORY = 20, 600


def main(size):
    settings.ALLOWED_HOSTS.append("testserver")  # the host of SiteClient
    index = distractors.add_stories(size, words=WORDS_OF_A_STORY, seed=size)
    pictures = [builders.make_image(f"Picture {number}") for number in range(PICTURES)]
    stories = list(StoryPage.objects.order_by("-date", "-pk").values_list("pk", flat=True))
    for number, picture in enumerate(pictures):
        chosen = stories[number::PICTURES]
        StoryPage.objects.filter(pk__in=chosen).update(lead_image=picture, lead_image_alt="A road")
        if chosen:  # One reference makes the picture public.
            ReferenceIndex.create_or_update_for_object(StoryPage.objects.get(pk=chosen[0]))
    story = make_story(index, pictures)
    distractors.vacuum()  # Otherwise autovacuum does this while pages are measured.
    html = builders.parse(visit(story.url)[0])
    addresses = {
        "home": builders.home_page().url,
        "index": index.url,
        "filter": f"{index.url}?theme={Theme.objects.get(name=distractors.THEMES[0]).slug}",
        "story": story.url,
        "search": "/search/?q=market",
    }
    queries = {kind: visit(address)[1] for kind, address in addresses.items()}
    addresses["rendition"] = html.select_one("main img")["src"]
    addresses["static file"] = html.select_one("link[rel=stylesheet]")["href"]
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


def make_story(index, pictures, title="Of the market", **fields):
    """Return a story as editors write it, with pictures. `fields`: as for `builders.make_story`."""
    _title, summary, body = distractors.Writer(seed=2, words=WORDS_OF_A_STORY).story()
    fields |= {"lead_image": pictures[2], "lead_image_alt": "A field", "summary": summary}
    body = [*json.loads(body), builders.pictures_block(*pictures[:2])]
    return builders.make_story(title, index, ["KE"], ["Weaving"], ["Staff"], body, **fields)


if __name__ == "__main__":
    main(int(sys.argv[1]))
