"""Links in rich text: the address of a page is printed only while the page is public, the text always."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Page
from wagtail.rich_text import expand_db_html

from operations.outage import write_page
from site_project.templatetags.rich_text import without_scripts
from stories.models import StoryPage
from tests.support.builders import (
    home_page,
    make_document,
    make_index,
    make_plain_page,
    make_private,
    make_story,
    save_with,
)
from tests.support.hidden_pages import WAYS_TO_HIDE, of_a_person_who_withdrew, private
from tests.support.translations import make_pair
from tests.support.undone import undone

pytestmark = pytest.mark.django_db

SLUG, WORDS = "zanzibar", "words of the link"


def link_to(key):
    """Return rich text, as stored, with a link to the page with the key `key`."""
    return f'<p>Before <a linktype="page" id="{key}">{WORDS}</a> after.</p>'


def body_with(*pages):
    """Return the raw body of a page with all blocks that can link to `pages`."""
    text = "".join(link_to(page.pk) for page in pages)
    blocks = [{"type": "text", "value": text}, {"type": "callout", "value": {"text": text}}]
    film = {"kind": "video", "title": "A film", "url": "https://example.org/film", "transcript": text}
    film["voice"] = "0"
    table = {"columns": [{"type": "link", "heading": "A"}], "rows": [{"values": [text]}], "caption": "Facts"}
    blocks += [{"type": "media_link", "value": film}, {"type": "table", "value": table}]
    blocks += [{"type": "action", "value": {"label": "A button", "page": page.pk}} for page in pages]
    chosen = {"heading": "More", "stories": [page.pk for page in pages]}
    return [*blocks, {"type": "chosen_stories", "value": chosen}]


def link_from_everywhere(*targets):
    """Link to `targets` from every field that can. Return addresses that could print those of `targets`.

    The help page and the promoted result are one page, which is the first of `targets`.
    """
    story = make_story("The linking story", body=body_with(*targets))
    about = make_plain_page("About", body=json.dumps(body_with(*targets)))
    index, home = make_index(), home_page()
    text = "".join(link_to(target.pk) for target in targets)
    index.introduction = home.introduction = home.footer_text = home.help_line = text
    home.body, home.help_page = json.dumps(body_with(*targets)), targets[0]
    index.save()
    home.save()
    SearchPromotion.objects.create(query=Query.get("promoted"), page=targets[0], sort_order=0)
    addresses = ["/", index.url, story.url, about.url, "/search/?q=promoted", "/search/?q=nothing"]
    # With "text=1" a page is shown without pictures, in text only.
    addresses += [f"{address}{'&' if '?' in address else '?'}text=1" for address in addresses]
    # The last two addresses are no pages. The second one begins like the slug of the target.
    return [*addresses, "/feed.atom", "/feed.rss", "/sitemap.xml", "/no-such-page/", f"/{SLUG[:4]}/"]


def slug_of(hide):
    return f"{SLUG}-{hide.__name__.replace('_', '-')}"


@pytest.mark.sqlite_only
def test_hidden_address_is_printed_nowhere(client):
    pages = {}
    for hide in WAYS_TO_HIDE:
        page = hide()
        page.refresh_from_db()
        page.slug = slug_of(hide)
        page.save(clean=False)  # one of them may not be published
        pages[page.slug] = page
    addresses = link_from_everywhere(*pages.values())

    def text_without_addresses(address):
        text = client.get(address).text
        assert SLUG not in text, address  # Each slug begins with it.
        assert 'href="None' not in text, address
        return text

    texts = {address: text_without_addresses(address) for address in addresses}
    story = addresses[2]
    for address in ("/", story, f"{story}?text=1"):
        assert texts[address].count(WORDS) >= len(pages), address
    assert SLUG not in write_page().read_text()
    # Until here, the help page and the promoted result were the first of `pages`, a draft. The next two are
    # live: one is hidden, and the other one is not released.
    for hide in (private, of_a_person_who_withdrew):
        page = pages[slug_of(hide)]
        SearchPromotion.objects.update(page=page)
        save_with(home_page(), help_page=page)
        for address in ("/", "/search/?q=promoted", "/search/?q=nothing"):
            text_without_addresses(address)


@pytest.mark.sqlite_only
def test_page_for_an_outage_forgets_a_home_page_that_becomes_private():
    """write_page() writes the file that readers get while the site or its database is down."""
    home = save_with(home_page(), help_line="<p>Call 1111.</p>")
    assert "1111" in write_page().read_text()
    make_private(home)
    assert "1111" not in write_page().read_text()


@pytest.mark.sqlite_only
def test_page_for_an_outage_has_only_the_words_of_links():
    """The front server may show the file when the site can't say whether a page was withdrawn."""
    home, story = home_page(), make_story("Somewhere", slug=SLUG)
    link_to_document = link_to(make_document().pk).replace('linktype="page"', 'linktype="document"')
    home.help_line = link_to(story.pk) + link_to_document
    home.help_line += '<p><a href="tel:+254700">Call</a></p>'
    home.save()

    text = write_page().read_text()

    assert text.count(f"<p>Before {WORDS} after.</p>") == 2
    assert 'href="tel:+254700"' in text
    assert SLUG not in text
    assert "/documents/" not in text


@pytest.mark.sqlite_only
def test_public_address_is_printed(client):
    target = make_story("Somewhere", slug=SLUG)
    for address in link_from_everywhere(target)[:4]:  # home page, index, story and plain page
        assert f'href="{target.url}">{WORDS}</a>' in client.get(address).text, address
        assert f'href="{target.url}?text=1">{WORDS}</a>' in client.get(f"{address}?text=1").text, address


def test_text_of_a_link_without_an_address_is_in_no_element(client):
    without = f"<p>Before {WORDS} after.</p>"
    draft = link_to(make_story(live=False).pk)
    assert without in client.get(make_story(body=[{"type": "text", "value": draft}]).url).text
    # Missing pages. An import can store such keys.
    for key in ("", "0", "x", "-1", "²", "9" * 18, "9" * 40, '1"', "&quot;"):
        # Each key is in a text of its own, because all links of a text take one query. As in a page,
        # without_scripts() removes the <a> without an address.
        assert without_scripts(expand_db_html(link_to(key))) == without, key


# --- In other languages --------------------------------------------------------------------------


def in_french(target):
    with translation.override("fr"):
        return expand_db_html(link_to(target.pk))


def test_link_leads_to_the_translation_only_while_both_are_public():
    story, french = make_pair()
    assert f'href="{french.url}"' in in_french(story)
    assert f'href="{story.url}"' in expand_db_html(link_to(story.pk))
    for hide in (make_private, Page.unpublish):
        with undone():
            hide(StoryPage.objects.get(pk=french.pk))
            assert f'href="{story.url}"' in in_french(story)
        with undone():
            hide(StoryPage.objects.get(pk=story.pk))
            assert "href" not in in_french(story)


# --- How many queries ----------------------------------------------------------------------------


def test_all_links_of_a_text_take_one_query(wagtail_cache):
    pages = [make_story() for _ in range(8)]
    text = "".join(link_to(page.pk) for page in pages)
    expand_db_html(text)  # fills the caches
    with CaptureQueriesContext(connection) as queries:
        html = expand_db_html(text)
    assert html.count("href") == len(pages)
    assert len(queries) == 1
