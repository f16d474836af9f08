"""The site with a CACHE_URL at which no Redis answers."""

import re

import pytest

from tests.support import builders
from tests.support.production import database_of_the_test, running_site
from tests.support.redis_server import Redis

ADDRESSES = [
    "/",
    "/stories/",
    "/search/?q=road",
    "/search/suggestions/?q=road",
    "/stories/feed.rss",
    "/sitemap.xml",
]


@pytest.mark.sqlite_only
def test_pages_are_sent_without_redis(
    redis_path,
    tmp_path,
    transactional_db,
    django_db_serialized_rollback,
):
    story = builders.make_story("Long road")
    server = Redis(redis_path)
    with running_site(tmp_path, database_of_the_test(), workers=1, CACHE_URL=server.address) as site:
        for address in [*ADDRESSES, story.url]:
            status, _headers, body = site.ask(address)
            assert status == 200, address
            # The title "Long road", or the slug in the sitemap. Markup may be between the words.
            assert re.search(b"long.*road", body, re.IGNORECASE | re.DOTALL), address
        assert site.ask("/readyz")[0] == 200
        story.title = "Short road"
        story.save_revision().publish()
        assert b"Short road" in site.ask(story.url)[2]
        assert "Traceback" not in site.output()
        assert site.output().count("does not answer") == 1, "logged once, not at each request"
