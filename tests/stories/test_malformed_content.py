"""A malformed address or text in a story, as an editor may paste or an import store it, breaks no page."""

import pytest

from tests.support.builders import make_image, make_story

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

# For each, urlsplit() raises ValueError, or does so when its `port` is read.
MALFORMED = ["http://[x", "//[", "http://\u2100.com/", "https://x:99999999/", "http://a]b"]


def test_malformed_addresses_break_no_page(client, admin_client, subtests):
    blocks = []
    for address in MALFORMED:
        link = {"title": "Film", "kind": "video", "url": address, "voice": "0"}
        button = {"heading": "Help", "text": "Words", "label": "Go", "url": address, "page": None}
        blocks += [
            {"type": "text", "value": f'<p><a href="{address}">linked</a></p>'},
            {"type": "media_link", "value": link},
            {"type": "action", "value": button},
        ]
    story = make_story("A lamp", body=blocks)
    for path, words in [
        (story.url, "linked"),
        (f"{story.url}?text=1", "linked"),
        ("/search/?q=linked", "A lamp"),
    ]:
        with subtests.test(path):
            assert words in client.get(path).content.decode()
    for path in (f"/admin/pages/{story.pk}/edit/", f"/admin/pages/{story.pk}/view_draft/"):
        with subtests.test(path):
            assert "linked" in admin_client.get(path).text


@pytest.mark.usefixtures("media_root")
def test_characters_that_xml_does_not_allow_break_no_page(client, subtests):
    # A line break that was pasted from Word, another control character, and one that is no character.
    characters = "\x0b\x1f\ufffe"
    words = f"A lamp{characters} and a road"
    lead = {"lead_image": make_image(credit=words), "lead_image_alt": words}
    link = f'<p><a href="https://example.org/{characters}">{words}</a></p>'
    shown = {"image": {"image": make_image().pk, "alt_text": words, "decorative": False}, "caption": words}
    body = [{"type": "text", "value": link}, {"type": "pictures", "value": {"pictures": [shown]}}]
    story = make_story(words, slug="lamp", summary=words, authors=[words], body=body, **lead)
    for path in (story.url, f"{story.url}?text=1", "/stories/?text=1", "/feed.rss", "/feed.atom"):
        with subtests.test(path):
            assert "A lamp" in client.get(path).text
