"""The metadata in a page's <head>: canonical URLs, Open Graph and Twitter cards, and links to feeds."""

from functools import partial

import pytest

from home.models import FeaturedStory
from media.models import CleanImage
from tests.support import builders, committed, translations
from tests.support.builders import home_page, make_index, make_plain_page, make_story, make_theme, parse
from tests.support.page_heads import SITE, cards, change_settings, read

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]
# Small pictures, because many renditions are made of each.
make_image = partial(builders.make_image, size=(48, 32))


def canonical(client, address):
    (link,) = read(client, address).select("link[rel=canonical]")
    return link["href"].removeprefix(SITE)


def feeds(client, address):
    links = read(client, address).select("link[rel=alternate]")
    return [(link["type"].split("/")[1], link["title"], link["href"].removeprefix(SITE)) for link in links]


# Requested addresses, and their canonical ones.
CANONICAL = [
    ("/", "/"),
    ("/?utm_source=mail", "/"),
    ("/about/?x=1", "/about/"),
    ("/stories/", "/stories/"),
    ("/stories/?page=1", "/stories/"),
    ("/stories/?page=2", "/stories/?page=2"),
    ("/stories/?page=99", "/stories/?page=2"),  # the last page
    ("/stories/?page=words", "/stories/"),
    ("/stories/?year=2025&country=kenya", "/stories/?country=kenya&year=2025"),
    ("/stories/?country=kenya&x=1&year=2025&page=1", "/stories/?country=kenya&year=2025"),
    ("/stories/?page=2&country=kenya", "/stories/?country=kenya&page=2"),
    ("/stories/?year=none&country=&country=kenya", "/stories/?country=kenya"),
    ("/stories/country/kenya/?fbclid=1", "/stories/country/kenya/"),
    ("/stories/theme/d%C3%ADvida/?year=2025", "/stories/theme/d%C3%ADvida/?year=2025"),
    ("/stories/story-0/?text=1", "/stories/story-0/"),  # the text-only version
]


def test_every_page_has_one_canonical_url(client, subtests, monkeypatch):
    monkeypatch.setattr("stories.listing.STORIES_PER_PAGE", 2)
    make_plain_page("About")
    for number in range(3):  # so the list has two pages
        make_story(f"Story {number}", countries=["KE"], themes=["Dívida"], date="2025-03-14")
    with committed.caches_in_use():
        for requested, expected in CANONICAL:
            with subtests.test(requested):
                assert canonical(client, requested) == expected


def test_responses_without_a_public_page_have_no_metadata(client):
    draft = make_story("A story", live=False).make_preview_request()
    for response in (client.get("/no-such-page/"), client.get("/search/?q=words"), draft.render()):
        page = parse(response)
        assert page.h1
        assert not page.select("link[rel=canonical], meta[property], script[type='application/ld+json']")


# --- Cards ---------------------------------------------------------------------------------------


def test_a_story_has_a_card_with_its_lead_picture(client, media_root):
    story = make_story(
        'The "story"',
        summary="What it <is> about.",
        # A card has 1200 × 630 pixels. The image is larger, because Wagtail enlarges none.
        lead_image=make_image(name="secret-name.png", size=(1200, 800)),
        lead_image_alt="A lamp",
    )
    card = cards(client, story.url)
    image = card.pop("og:image")
    assert card == {
        **{"og:type": "article", "og:url": f"{SITE}{story.url}", "og:title": 'The "story"'},
        **{"og:description": "What it <is> about.", "og:site_name": "Stories", "og:locale": "en_US"},
        **{"og:image:width": "1200", "og:image:height": "630", "og:image:alt": "A lamp"},
        "article:published_time": f"{story.date}T00:00:00+00:00",
        "article:modified_time": story.last_published_at.isoformat(),
        "twitter:card": "summary_large_image",
    }
    assert image.startswith(f"{SITE}/media/images/")
    assert "secret" not in image
    response = client.get(image.removeprefix(SITE))
    assert response["Content-Type"] == "image/jpeg"
    assert response.getvalue()


def test_the_card_of_a_story_follows_its_fields(client, media_root):
    """Also of a story that is kept out of search engines. A decorative picture has no alternative text."""
    words = {"seo_title": "In short", "search_description": "For those who search."}
    lead = {"lead_image": make_image(), "lead_image_decorative": True, "lead_image_alt": "Left from before"}
    card = cards(client, make_story("A story", keep_out_of_search_engines=True, **words, **lead).url)
    assert (card["og:title"], card["og:description"]) == ("In short", "For those who search.")
    assert card["og:image"]
    assert "og:image:alt" not in card


def test_a_page_without_a_picture_has_the_logo_or_nothing(client, media_root):
    story = make_story("A story")
    assert "og:image" not in cards(client, story.url)
    change_settings(organisation_name="Lantern Road", logo=make_image())
    for address in ("/", story.url, "/stories/"):
        card = cards(client, address)
        assert card["og:image"].endswith(".png")
        assert card["og:image:alt"] == "Lantern Road"
        assert card["twitter:card"] == "summary"  # a card with a small picture, for the logo
    response = client.get(card["og:image"].removeprefix(SITE))
    assert response.status_code == 200
    assert response.getvalue()


def test_home_and_lists_have_the_picture_of_their_first_story_with_one(client, media_root):
    """Pictures that readers may not see, and stories that are kept out of search engines, are left out."""

    def make(alt, *countries, **fields):
        return make_story(countries=countries, lead_image=make_image(), lead_image_alt=alt, **fields)

    make("A lamp", "KE")
    gate, held = make("A gate", "SN"), make("Somebody", "KE")
    # As if somebody on the picture did not agree to it: it is shown to nobody.
    CleanImage.objects.filter(pk=held.lead_image_id).update(shown_until=None)
    bare = make_story("Bare", countries=["KE", "SN"])
    hidden = make("A road", keep_out_of_search_engines=True)
    featured = [FeaturedStory(story=story) for story in (bare, held, hidden, gate)]
    builders.save_with(home_page(), featured_stories=featured)
    make("Une lampe", parent=translations.make_index_in("fr"))
    # The home page takes its featured stories in their order, a list its stories, the newest first.
    expected = {"/": "A gate", "/stories/": "A gate", "/stories/country/kenya/": "A lamp"}
    expected |= {"/fr/stories/": "Une lampe"}
    assert {address: cards(client, address).get("og:image:alt") for address in expected} == expected


def test_lists_and_other_pages_have_a_card_too(client):
    make_story(countries=["KE"], themes=["Mining"])
    builders.save_with(make_theme("Mining"), description="Of gold and cobalt.")
    make_plain_page("About", introduction="Who we are.")
    words = {"headline": "Stories of freedom", "introduction": "<p>Told <b>with</b> care.</p>"}
    builders.save_with(home_page(), **words)
    for address, title, words in (
        ("/", "Stories of freedom", "Told with care."),
        ("/about/", "About", "Who we are."),
        ("/stories/country/kenya/", "Kenya", "Stories: Kenya"),
        ("/stories/theme/mining/", "Mining", "Of gold and cobalt."),
        ("/stories/", "Stories", "Told with care."),  # the description of the home page
    ):
        card = cards(client, address)
        assert card["og:type"] == "website"
        assert (card["og:title"], card["og:description"]) == (title, words)


# --- Feeds ---------------------------------------------------------------------------------------


def test_pages_link_to_their_feeds(client):
    change_settings(organisation_name="Lantern Road")
    story = make_story("A story", parent=make_index(make_index(), "Africa"), countries=["KE"])
    site = [("atom+xml", "Lantern Road", "/feed.atom"), ("rss+xml", "Lantern Road", "/feed.rss")]
    with committed.caches_in_use():
        for address in ("/", story.url, "/search/"):
            assert feeds(client, address) == site
        for path, query, title in (
            ("/stories/", "", "Stories"),
            ("/stories/africa/", "?year=2025", "Africa"),
            ("/stories/country/kenya/", "", "Kenya"),
        ):
            own = [("atom+xml", title, f"{path}feed.atom"), ("rss+xml", title, f"{path}feed.rss")]
            found = feeds(client, path + query)
            assert found == own + site
            assert [client.get(feed).status_code for *_, feed in found] == [200] * 4


def test_an_editor_sees_how_a_story_looks_when_shared(admin_client, media_root):
    change_settings(organisation_name="Lantern Road")
    story = make_story("A story", summary="The summary.", live=False)
    story.lead_image, story.lead_image_alt = make_image(size=(1200, 800)), "A lamp"
    assert parse(admin_client.get(f"/admin/pages/{story.pk}/edit/")).select("option[value=shared]")
    card = parse(story.make_preview_request(preview_mode="shared").render()).main
    for text in ("Lantern Road", "A story", "The summary."):
        assert text in card.text
    # 1200 × 630 pixels is the size of every card.
    assert (card.img["width"], card.img["height"], card.img["alt"]) == ("1200", "630", "A lamp")
    story.seo_title, story.search_description = "In short", "For those who search."
    card = parse(story.make_preview_request(preview_mode="shared").render()).main
    assert "In short" in card.h1.text
    assert "The summary." not in card.text
