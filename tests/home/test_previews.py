"""Previews of a story: the page itself, and its card as other sites show a link to it."""

import pytest
from django.urls import reverse
from wagtail.models import Site

from home.models import SiteSettings
from tests.support.builders import make_image, make_story, parse

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def test_an_editor_sees_how_a_story_looks_when_shared(admin_client, media_root):
    SiteSettings.objects.create(site=Site.objects.get(), organisation_name="Lantern Road")
    story = make_story("A story", summary="The summary.", live=False)
    story.lead_image, story.lead_image_alt = make_image(size=(1200, 800)), "A lamp"
    story.save_revision()
    editor = parse(admin_client.get(reverse("wagtailadmin_pages:edit", args=[story.pk])))
    assert "When shared" in [option.get_text(strip=True) for option in editor.select("option[value=shared]")]
    card = parse(story.make_preview_request(preview_mode="shared").render()).main
    for text in ("Lantern Road", "A story", "The summary."):
        assert text in card.text
    # 1200 × 630 pixels is the size of every card.
    assert (card.img["width"], card.img["height"], card.img["alt"]) == ("1200", "630", "A lamp")
    story.seo_title, story.search_description = "In short", "For those who search."
    card = parse(story.make_preview_request(preview_mode="shared").render()).main
    assert "In short" in card.h1.text
    assert "The summary." not in card.text


def test_a_preview_has_no_metadata():
    """The draft has no public address that the metadata could name."""
    story = make_story("A story", live=False)
    page = parse(story.make_preview_request().render())
    assert page.h1.get_text() == "A story"
    assert not page.select("link[rel=canonical], meta[property], script[type='application/ld+json']")
