"""The blocks of a page's body: the HTML that visitors get for the value of each."""

import json
import uuid

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from stories.link_blocks import ActionBlock
from stories.models import StoryPage
from tests.support import builders

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def make_raw(*blocks):
    """Return the stored body with `blocks`, which are (block type, value)."""
    return [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in blocks]


def render_body(*blocks):
    """Return the HTML tree of a body with `blocks`, which are (block type, value)."""
    return render(make_raw(*blocks))


def render(raw):
    """Return the HTML tree of the stored body `raw`."""
    body = StoryPage(body=json.dumps(raw)).body
    return BeautifulSoup(body.render_as_block({"request": RequestFactory().get("/")}), "html.parser")


def picture_value(image, alt_text="", decorative=False, caption=""):
    value = {"image": image.pk, "alt_text": alt_text, "decorative": decorative}
    return {"image": value, "caption": caption}


@pytest.mark.parametrize("level", ["2", "3", "4"])
def test_heading_has_its_level_an_id_and_escaped_text(level):
    raw = make_raw(("heading", {"text": "A <b> way & home", "level": level}))
    heading = render(raw).find(f"h{level}")

    assert heading.text == "A <b> way & home"
    assert heading["id"] == f"section-{raw[0]['id'][:8]}", "links from other sites lead to it"


def test_same_picture_has_its_own_alternative_text_and_caption_in_each_use(client):
    image = builders.make_image("IMG_2041", description="Words of the library", credit="A. Photographer")
    pictures = [
        picture_value(image, "A gate at night", caption="Where it began"),
        picture_value(image, "A lock"),
        picture_value(image, decorative=True),
    ]
    whole = picture_value(image, "The whole house")
    story = builders.make_story(
        body=make_raw(("pictures", {"pictures": [whole]}), ("pictures", {"pictures": pictures}))
    )
    body = builders.parse(client.get(story.url)).select_one("article .prose")

    alts = [img["alt"] for img in body.select("img")]
    assert alts == ["The whole house", "A gate at night", "A lock", ""]
    assert "IMG_2041" not in str(body)
    assert "Words of the library" not in str(body)
    captions = [builders.text_of(caption) for caption in body.select("figcaption")]
    assert captions == ["Where it began"], "the page gives the credit of all four once, at its end"


def test_several_pictures_are_a_gallery_with_links_to_larger_ones(client):
    images = [builders.make_image(), builders.make_image()]
    value = {"pictures": [picture_value(image, f"Picture {n}") for n, image in enumerate(images)]}
    # On a page, because visitors get only the files that a public page shows.
    page = builders.parse(client.get(builders.make_story(body=make_raw(("pictures", value))).url))

    links = page.select(".gallery a")
    assert [link.img["alt"] for link in links] == ["Picture 0", "Picture 1"]
    for link in links:
        assert link["href"].startswith("/media/images/")
        assert client.get(link["href"]).getvalue()[8:12] == b"WEBP", "the mark of the format in the file"


def test_quote_in_their_own_words_and_language():
    quote = {"text": "Niliomba mshahara.\n\nBila jibu.", "attribution": "A survivor in Kenya"}
    body = render_body(
        ("quote", quote | {"own_words": True, "language": "sw"}),
        ("quote", quote | {"own_words": False, "language": ""}),
        ("quote", quote | {"own_words": False, "language": "fil"}),
        ("quote", quote | {"own_words": True, "spoken_in": "sw"}),
    )

    own, plain, filipino, translated = body.select("figure.quote")
    assert builders.text_of(own.select_one(".quote__label")) == "In their own words (Swahili)"
    assert own.blockquote["lang"] == "sw"
    assert [p.text for p in own.blockquote.select("p")] == ["Niliomba mshahara.", "Bila jibu."]
    assert own.select_one("figcaption .quote__name").text == "A survivor in Kenya"
    assert plain.select(".quote__label") == []
    assert "lang" not in plain.blockquote.attrs
    assert filipino.blockquote["lang"] == "fil"
    assert builders.text_of(translated.select_one(".quote__label")) == "Spoken in Swahili, translated"
    assert "lang" not in translated.blockquote.attrs


def test_callout_names_its_source():
    fact = {"title": "Debt bondage", "text": "<p>Work for a debt.</p>", "source": "ILO"}
    body = render_body(
        ("callout", fact | {"source_url": "https://www.ilo.org/"}),
        ("callout", fact | {"source_url": ""}),
        ("callout", fact | {"source": "", "source_url": ""}),
    )

    linked, named, bare = body.select("aside.callout")
    assert linked["aria-label"] == "Debt bondage"
    assert (linked.a["href"], linked.a.text) == ("https://www.ilo.org/", "ILO")
    assert "noreferrer" in linked.a["rel"]
    assert builders.text_of(named.select_one(".callout__source")) == "Source: ILO"
    assert bare.select(".callout__source") == []


def test_document_shows_its_kind_and_size():
    document = builders.make_document(name="secret name.txt", content=b"x" * 2048)
    body = render_body(("document", {"document": document.pk, "title": "Questions to ask"}))

    assert builders.text_of(body.select_one(".document")) == "Questions to ask (TXT, 2.0 KB)"
    assert body.a["href"].startswith(f"/documents/{document.pk}/")
    assert "secret" not in str(body)


def test_video_or_audio_is_a_link_that_loads_nothing_from_the_other_site():
    value = {"kind": "video", "title": "The road home", "url": "https://www.video.example.com/watch?v=1"}
    value["poster"] = {"image": builders.make_image().pk, "alt_text": "A road", "decorative": False}
    value |= {"minutes": 6, "transcript": "<p>She says: I walked.</p>"}
    body = render_body(("media_link", value), ("media_link", value | {"kind": "audio", "minutes": 1}))

    video, audio = body.select(".media-link")
    assert body.select("iframe, video, audio, script, embed, object") == []
    loaded = [each[name] for name in ("src", "srcset") for each in body.select(f"[{name}]")]
    assert loaded
    assert [address for address in loaded if not address.startswith("/media/")] == []
    assert video.img["alt"] == "A road"
    assert (builders.text_of(video.a), video.a["href"]) == ("Watch: The road home", value["url"])
    assert "noreferrer" in video.a["rel"]
    assert builders.text_of(video.select_one(".meta")).startswith("6 minutes · opens video.example.com,")
    assert "She says: I walked." in video.details.text
    assert builders.text_of(audio).startswith("Listen: The road home 1 minute · ")
    # The still picture is a part of the link, and site.css writes the length on it.
    assert video.a.select_one(".media-link__poster img")
    assert video.select_one(".media-link__poster")["data-length"] == "6 minutes"


def test_action_leads_to_a_page_or_to_another_address():
    page = builders.make_plain_page("Get help")
    button = {"heading": "Now", "text": "Call.", "label": "Get help"}
    body = render_body(
        ("action", button | {"page": page.pk}), ("action", button | {"url": "https://example.org/"})
    )

    inside, outside = body.select(".action a")
    assert (inside.text, inside["href"], inside.get("rel")) == ("Get help", "/get-help/", None)
    assert (outside["href"], "noreferrer" in outside["rel"]) == ("https://example.org/", True)


@pytest.mark.parametrize("has_targets", [True, False], ids=["two targets", "no target"])
def test_action_needs_one_target(has_targets):
    page, url = (builders.home_page(), "https://example.org/") if has_targets else (None, "")

    with pytest.raises(ValidationError) as error:
        ActionBlock().clean(ActionBlock().normalize({"label": "Go", "page": page, "url": url}))

    assert list(error.value.block_errors) == ["page"]


def test_chosen_stories_are_shown_in_their_order():
    first, second = builders.make_story("First"), builders.make_story("Second", content_notes=["debt"])
    body = render_body(("chosen_stories", {"heading": "Read next", "stories": [second.pk, first.pk]}))

    assert body.select_one(".chosen-stories h2").text == "Read next"
    assert [title.text for title in body.select(".card__title")] == ["Second", "First"]
    assert builders.text_of(body.select_one(".content-note--short")) == "Describes debt bondage"


def test_numbers_of_a_table_are_marked_for_their_alignment():
    value = {
        "columns": [{"type": "text", "heading": "Year"}, {"type": "number", "heading": "People"}],
        "rows": [{"values": ["2024", "1200"]}, {"values": ["2025", None]}],
    }
    table = render_body(("table", value)).table
    assert [builders.text_of(cell) for cell in table.select(".number")] == ["People", "1200", ""]


def test_table_has_headings_for_its_columns_and_rows():
    value = {
        "caption": "Who helps",
        "columns": [{"type": "text", "heading": "Question"}, {"type": "link", "heading": "Ask"}],
        "rows": [{"values": ["Wages", '<p><a href="https://example.org/">The office</a></p>']}],
    }
    table = render_body(("table", value)).table

    assert table.caption.text == "Who helps"
    headings = [(heading["scope"], builders.text_of(heading)) for heading in table.select("th")]
    assert headings == [("col", "Question"), ("col", "Ask"), ("row", "Wages")]
    assert table.td.a["href"] == "https://example.org/"
