"""Links and rich text of editors run no script in a visitor's browser."""

import json
import re
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.utils.html import escape
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.blocks import URLBlock
from wagtail.rich_text import RichText
from wagtail.templatetags.wagtailcore_tags import richtext

from home.models import SiteSettings
from stories import body, links
from stories.blocks import TEXT_FEATURES, StoryBody
from tests.support.choosing import rich_text

pytestmark = pytest.mark.sqlite_only

SCRIPT_ADDRESSES = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "vbscript:x"]
SCRIPT_ADDRESSES.append("data:text/html,<script>x</script>")
for_each_address = pytest.mark.parametrize("address", SCRIPT_ADDRESSES)


@for_each_address
def test_blocks_and_settings_refuse_addresses_that_run_scripts(address, subtests):
    streams = [StoryBody(), SiteSettings._meta.get_field("social_links").stream_block]
    blocks = [block for stream in streams for block in body.blocks_in(stream) if isinstance(block, URLBlock)]
    checks = {str(number): block.clean for number, block in enumerate(blocks)}
    assert len(checks) > 3
    for name in ("donate_url", "leave_url"):
        checks[name] = partial(SiteSettings._meta.get_field(name).clean, model_instance=None)
    for path, clean in checks.items():
        with subtests.test(path), pytest.raises(ValidationError):
            clean(address)


@for_each_address
def test_rich_text_drops_addresses_that_run_scripts(address):
    text = json.loads(rich_text("LINK", 1))
    text["entityMap"]["0"]["data"] = {"url": address}
    html = ContentstateConverter(TEXT_FEATURES).to_database_format(json.dumps(text))
    assert "Words" in html and "href" not in html


# --- What was stored without validation ----------------------------------------------------------


def test_rich_text_shows_what_the_editor_can_produce():
    text = "<h2>A</h2><h3>A</h3><h4>A</h4>"
    text += '<p>B <b>c</b> <i>d</i> “e” &amp; <a href="https://x.org/?a=1&amp;b=2">f</a><br/>g</p>'
    text += "<ul><li>h</li></ul><ol><li>i</li></ol>"
    shown = text.replace('&amp;b=2"', '&amp;b=2" rel="noopener noreferrer"')
    assert str(RichText(text)) == richtext(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        '<p onclick="x" style="x" class="x">y</p>',
        "<![CDATA[><svg onload=x>]]>",
        "<?x ><svg onload=x>",
        "<!-- --!><svg onload=x> -->",
        "<svg><style><img src=x onerror=x></style></svg>",
        '<a href="java&#9;script:x">y</a>',
        '<a href="&#1;javascript:x">y</a>',
        '<img src="https://tracker.example.org/"/>',
        '<iframe src="https://example.org/"></iframe>',
    ],
)
def test_rich_text_shows_nothing_else(text):
    # Only the tags <a> and <p> without attributes may be there. A CDATA section is left out, not shown as
    # text.
    for shown in (str(RichText(text)), richtext(text)):
        assert re.findall(r"<(?!/?[ap]>)|&lt;!\[", shown) == []


@for_each_address
def test_stored_addresses_that_run_scripts_are_not_linked(address):
    assert links.web_address(address) == ""
    assert StoryBody().to_python([{"type": "action", "value": {"url": address}}])[0].value.href is None
    link = f'<p><a href="{escape(address)}">x</a></p>'
    stored = json.loads(ContentstateConverter(TEXT_FEATURES).from_database_format(link))
    assert [each["data"] for each in stored["entityMap"].values()] == [{"url": ""}]
    for linked in ("https://example.org/?a=1", "http://example.org/", "HTTPS://example.org/"):
        assert links.web_address(linked) == linked
