"""Links and words of editors can do nothing in a reader's browser: the answer holds no script of theirs."""

import json

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.blocks import URLBlock

from home.models import SiteSettings
from stories.blocks import TEXT_FEATURES, StoryBody
from tests.browser.site import make_site, make_states

EVIL = [
    "javascript:window.__payload()",
    "JaVaScRiPt:alert(1)",
    " javascript:x",
    "data:text/html,<script>x</script>",
    "vbscript:x",
]


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
def test_links_to_other_sites_say_nothing_of_where_the_reader_comes_from(client):
    site = make_site()
    found = 0
    for address in [*site.addresses.values(), *[address for address, _ in make_states(site).values()]]:
        page = BeautifulSoup(client.get(address, follow=True).content, "html.parser")
        for link in page.select("a[href*='//']"):
            if "testserver" in link["href"] or "127.0.0.1" in link["href"]:
                continue
            found += 1
            assert {"noopener", "noreferrer"} <= set(link.get("rel", [])), f"{link} on {address}"
    # In rich text, in a table, in each block with an address, in the settings.
    assert found > 60


def url_blocks(block, path="body"):
    """Yield (path, block) of every block for an address, below `block`."""
    if isinstance(block, URLBlock):
        yield path, block
    for name, child in getattr(block, "child_blocks", {}).items():
        yield from url_blocks(child, f"{path}.{name}")
    if child := getattr(block, "child_block", None):
        yield from url_blocks(child, f"{path}[]")


BLOCKS = [
    *url_blocks(StoryBody()),
    *url_blocks(SiteSettings._meta.get_field("social_links").stream_block, "links"),
]


@pytest.mark.parametrize("address", EVIL)
@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=[path for path, _ in BLOCKS])
def test_blocks_take_no_address_that_is_a_program(path, block, address):
    with pytest.raises(ValidationError):
        block.clean(address)


@pytest.mark.django_db
@pytest.mark.parametrize("address", EVIL)
@pytest.mark.parametrize("field", ["donate_url", "leave_url"])
def test_settings_take_no_address_that_is_a_program(field, address):
    with pytest.raises(ValidationError):
        SiteSettings._meta.get_field(field).clean(address, None)


@pytest.mark.django_db
@pytest.mark.parametrize("address", EVIL)
def test_rich_text_takes_no_address_that_is_a_program(address):
    text = {
        "blocks": [
            {
                "key": "a",
                "text": "click",
                "type": "unstyled",
                "depth": 0,
                "inlineStyleRanges": [],
                "entityRanges": [{"offset": 0, "length": 5, "key": 0}],
                "data": {},
            }
        ],
        "entityMap": {"0": {"type": "LINK", "mutability": "MUTABLE", "data": {"url": address}}},
    }

    html = ContentstateConverter(TEXT_FEATURES).to_database_format(json.dumps(text))

    assert "click" in html
    assert "href" not in html
