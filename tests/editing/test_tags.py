"""Suggested tags and examples of blocks have nothing of files that the user may not choose."""

import pytest

from stories import previews
from tests.support.admin_world import SECRET
from tests.support.choosing import text_of
from tests.support.files_of_pages import document_block, story_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def test_tags_of_files_of_other_sections_are_not_suggested(writer, admin_client, own, elsewhere):
    for section, tag in ((own, "Quiet"), (elsewhere, SECRET)):
        section.image.tags.add(tag)
        section.document.tags.add(f"{tag} paper")
    for address in ("/admin/tag-autocomplete/?term=q", "/admin/tag-autocomplete/taggit/tag/?term=q"):
        assert writer.get(address).json() == ["Quiet", "Quiet paper"]
        assert admin_client.get(address).json() == ["Quiet", "Quiet paper", SECRET, f"{SECRET} paper"]
    response = writer.get("/admin/images/chooser/")
    assert [tag.name for tag in response.context["popular_tags"]] == ["Quiet"]
    assert SECRET not in text_of(response)
    assert SECRET in text_of(admin_client.get("/admin/images/chooser/"))


def test_examples_of_blocks_are_public_files(own):
    assert own.draft.lead_image == own.image  # A draft shows the picture and the document.
    assert previews.pictures()["pictures"][0]["image"] is None
    assert previews.document()["document"] is None
    story_with(own.image, parent=own.index, body=document_block(own.document))
    assert previews.pictures()["pictures"][0]["image"].pk == own.image.pk
    assert previews.document()["document"] == own.document
