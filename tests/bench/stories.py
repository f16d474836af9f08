"""Fills the database with stories and pictures for tests/bench/server.py and the drills.

python -m tests.bench.stories 1000 600    makes 1,000 stories of about 600 words; prints facts as JSON
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

PICTURES = 20


def main(size, words):
    settings.ALLOWED_HOSTS.append("testserver")  # the host of SiteClient
    index = distractors.add_stories(size, words=words, seed=size)
    pictures = [builders.make_image(f"Picture {number}") for number in range(PICTURES)]
    stories = list(StoryPage.objects.order_by("-date", "-pk").values_list("pk", flat=True))
    for number, picture in enumerate(pictures):
        chosen = stories[number::PICTURES]
        StoryPage.objects.filter(pk__in=chosen).update(lead_image=picture, lead_image_alt="A road")
        if chosen:  # One reference makes the picture public.
            ReferenceIndex.create_or_update_for_object(StoryPage.objects.get(pk=chosen[0]))
    story = make_story(index, pictures, words)
    # A document and pages that are not public, as every site has them.
    builders.make_document()
    builders.make_private(builders.make_plain_page("For members"))
    builders.make_story("Only a draft", live=False)
    home = builders.home_page()
    home.help_page = builders.make_plain_page("Get help")
    home.save_revision().publish()
    distractors.vacuum()  # Otherwise autovacuum does this while pages are measured.
    theme = Theme.objects.get(name=distractors.THEMES[0])
    addresses = {"home": home.url, "index": index.url, "filter": f"{index.url}?theme={theme.slug}"}
    addresses |= {"story": story.url, "search": "/search/?q=market"}
    queries = {kind: visit(address)[1] for kind, address in addresses.items()}
    html = builders.parse(visit(story.url)[0])
    addresses["rendition"] = html.select_one("main img")["src"]
    addresses["static file"] = html.select_one("link[rel=stylesheet]")["href"]
    facts = {"story": story.pk, "addresses": addresses, "queries": queries, "help": home.help_page.url}
    # Many stories have the word "harbour". Drills rely on the order of these four.
    print(json.dumps(facts | {"pages": ["/", "/stories/", story.url, "/search/?q=harbour"]}))


def visit(address):
    """Return the response at `address`, which is not cached, and the number of queries of the third request.

    The first two fill the caches of values that pages have in common.
    """
    client = SiteClient(headers={"X-Forwarded-Proto": "https"})
    forget_pages(client.process)
    for _visit in range(3):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
    return response, len(captured)


def make_story(index, pictures, words):
    """Return a story as editors write it, with pictures."""
    _title, summary, body = distractors.Writer(seed=2, words=words).story()
    fields = {"lead_image": pictures[2], "lead_image_alt": "A field", "summary": summary}
    body = [*json.loads(body), builders.pictures_block(*pictures[:2])]
    return builders.make_story("Of the market", index, ["KE"], ["Weaving"], ["Staff"], body, **fields)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
