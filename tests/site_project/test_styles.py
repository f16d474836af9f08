"""The style of the first screen: in each page, allowed by its policy. The rest comes at the end."""

import base64
import hashlib
import re

import pytest
from django.contrib.staticfiles import finders
from django.core.files import File

from site_project import static_storage, styles
from tests.support import builders, wsgi

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.mark.parametrize("address", ["/", "story", "/search/?q=word", "/no/", "/_util/login/"])
def test_page_has_the_style_that_its_policy_allows_and_the_rest_at_its_end(address):
    story = builders.make_story()
    address = story.url if address == "story" else address
    client = wsgi.SiteClient()
    for response in (client.get(address), client.get(address)):  # The second may be from the page cache.
        page = builders.parse(response)
        style = page.head.style.string
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        [policy] = re.findall("style-src (.*?);", response["Content-Security-Policy"])
        assert f"'sha256-{digest}'" in policy.split()
        assert (".listing{" in style, ".login{" in style) == (address != story.url, False)
        assert ".site-header{" in style and "/static/fonts/story-serif.woff2" in style
        assert not page.head.select("link[rel=stylesheet]"), "it would be loaded before the page is painted"
        *_others, last = page.body.find_all(recursive=False)
        assert (last.name, last["href"]) == ("link", "/static/css/site.css")


def test_stored_style_is_minified_and_compressed(tmp_path, settings):
    settings.DEBUG = False
    storage = static_storage.MinifyingStorage(location=tmp_path, base_url="/static/")
    for name in [*static_storage.MINIFIED, "fonts/story-serif.woff2"]:
        with open(finders.find(name), "rb") as source:
            storage.save(name, File(source))
    files = {name: (storage, name) for name in static_storage.MINIFIED}
    stored = {stored for _name, stored, _processed in storage.post_process(files)}
    assert {f"{name}.br" for name in files} <= stored
    # With and without the hash in its name.
    texts = [path.read_text() for path in tmp_path.rglob("*.css")]
    assert [style.count("{") == style.count("}") > 1 and "/*" not in style for style in texts] == [True] * 4


def test_minified_style_keeps_texts_and_the_space_between_selectors():
    style = '/* "no" { */ .a > .b:not(.c) .d, a { content: " ; /* a  text */ "; width: calc(1px + 2px); }'
    assert styles.minify(style) == '.a > .b:not(.c) .d,a{content: " ; /* a  text */ ";width: calc(1px + 2px)}'
