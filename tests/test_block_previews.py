"""The ten blocks of a body: what editors are told of each, and what they see before they choose it."""

import pytest
from django.template.loader import get_template
from django.utils.functional import Promise

from stories.blocks import StoryBody
from tests.builders import make_document, make_image, make_story, make_user

pytestmark = pytest.mark.django_db

KINDS = {
    "heading",
    "text",
    "pictures",
    "quote",
    "callout",
    "document",
    "media_link",
    "action",
    "chosen_stories",
    "table",
}
BLOCKS = StoryBody().child_blocks


def test_there_are_ten_blocks():
    assert set(BLOCKS) == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_block_says_what_it_is_for_and_shows_it(client, kind):
    block = BLOCKS[kind]
    make_image()
    make_document()
    make_story("Chosen for the preview")

    assert block.meta.icon not in {"", "placeholder"}
    assert isinstance(block.meta.label, Promise)  # so that it can be translated
    assert isinstance(block.meta.group, Promise)
    description = str(block.get_description())
    assert description.endswith(".")
    assert "block" not in description.lower()  # an editor's words
    assert get_template(block.meta.template).template.name == f"stories/blocks/{kind}.html"
    client.force_login(make_user("Editors"))
    preview = client.get("/admin/block-preview/", {"id": block.definition_prefix})
    words = {
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
    assert preview.status_code == 200
    assert words[kind] in preview.content.decode()
    assert "css/site.css" in preview.content.decode()


@pytest.mark.parametrize("kind", ["pictures", "document", "chosen_stories"])
def test_preview_of_a_block_does_without_a_library(client, kind):
    client.force_login(make_user("Editors"))

    response = client.get("/admin/block-preview/", {"id": BLOCKS[kind].definition_prefix})

    assert response.status_code == 200


def test_no_block_takes_raw_html_or_loads_from_elsewhere():
    def names(block):
        yield type(block).__name__
        children = getattr(block, "child_blocks", {}).values()
        for child in [*children, *filter(None, [getattr(block, "child_block", None)])]:
            yield from names(child)

    assert not {"RawHTMLBlock", "EmbedBlock"} & set(names(StoryBody()))
