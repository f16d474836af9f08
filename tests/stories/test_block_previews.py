"""The blocks of a body in the block chooser: icon, label, description and preview of each."""

import pytest
from django.template.loader import get_template
from django.utils.functional import Promise

from stories.blocks import StoryBody
from tests.support.builders import make_document, make_image, make_user
from tests.support.files_of_pages import document_block, story_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

BLOCKS = StoryBody().child_blocks
# {block type: words in its preview}.
PREVIEWS = {
    "heading": "What changed afterwards",
    "text": "Every story here",
    "pictures": "A caption says",
    "quote": "No one shall be held",
    "callout": "What is debt bondage?",
    "document": "Questions to ask before you go",
    "media_link": "The road home",
    "action": "Need help now?",
    "chosen_stories": "Chosen for the preview",
    "table": "The labour office",
}


def test_previews_lists_all_blocks():
    assert set(BLOCKS) == set(PREVIEWS)


def test_each_block_has_a_description_and_a_preview(client, subtests):
    # A preview shows public files and stories only.
    story_with(make_image(), title="Chosen for the preview", body=document_block(make_document()))
    client.force_login(make_user("Editors"))
    for block_type, words in PREVIEWS.items():
        with subtests.test(block_type):
            block = BLOCKS[block_type]
            assert block.meta.icon not in {"", "placeholder"}
            assert isinstance(block.meta.label, Promise)  # so that it can be translated
            assert isinstance(block.meta.group, Promise)
            description = str(block.get_description())
            assert description.endswith(".")
            assert "block" not in description.lower()  # not a word that editors use
            assert get_template(block.meta.template).template.name == f"stories/blocks/{block_type}.html"
            preview = client.get("/admin/block-preview/", {"id": block.definition_prefix})
            assert preview.status_code == 200
            assert words in preview.text
            assert "css/site.css" in preview.text, "the stylesheet of the public pages"


def test_previews_work_with_an_empty_library(client):
    client.force_login(make_user("Editors"))
    for block_type in ("pictures", "document", "chosen_stories"):
        response = client.get("/admin/block-preview/", {"id": BLOCKS[block_type].definition_prefix})
        assert response.status_code == 200, block_type


def test_no_block_takes_raw_html_or_loads_from_elsewhere():
    def names(block):
        """Yield the names of the classes of `block` and of all blocks in it."""
        yield from (each.__name__ for each in type(block).__mro__)
        children = getattr(block, "child_blocks", {}).values()
        for child in [*children, *filter(None, [getattr(block, "child_block", None)])]:
            yield from names(child)

    assert not {"RawHTMLBlock", "EmbedBlock"} & set(names(StoryBody()))
