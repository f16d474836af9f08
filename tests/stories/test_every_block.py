"""Each block of StoryBody: its place in the block chooser, and what the site knows of what it shows."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import get_template
from django.utils.functional import Promise
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from media.models import CleanImage
from safeguarding.leak_check.texts import strings_in
from stories.blocks import StoryBody
from stories.body import blocks_in, get_images, iter_texts
from stories.models import StoryPage
from stories.picture_blocks import DescribedPictureBlock
from stories.protected_texts import read_page
from stories.voices import PersonBlock, RecordingBlock
from tests.support.builders import make_document, make_image, make_story, make_user, parse
from tests.support.files_of_pages import document_block, story_with
from tests.support.filled_blocks import fill

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

BLOCKS = StoryBody().child_blocks
WORD = re.compile(r"word\d+z")
TEXTS = blocks.CharBlock | blocks.TextBlock | blocks.URLBlock


# --- In the block chooser ------------------------------------------------------------------------


def test_each_block_has_a_description_and_a_preview(client, subtests):
    # A preview shows public files and stories only.
    story_with(make_image(), title="Chosen for the preview", body=document_block(make_document()))
    client.force_login(make_user("Editors"))
    for block_type, block in BLOCKS.items():
        with subtests.test(block_type):
            assert block.meta.icon not in {"", "placeholder"}
            for words in (block.meta.label, getattr(block.meta, "group", None)):
                assert isinstance(words, Promise), "label and group are translated"
            description = str(block.get_description())
            assert description.endswith("."), "a description for editors"
            assert "block" not in description.lower()  # not a word that editors use
            assert get_template(block.meta.template).template.name == f"stories/blocks/{block_type}.html"
            preview = client.get("/admin/block-preview/", {"id": block.definition_prefix})
            assert preview.status_code == 200
            assert "css/site.css" in preview.text, "the stylesheet of the public pages"
            value = json.dumps(block.get_prep_value(block.get_preview_value()), cls=DjangoJSONEncoder)
            words = [text for text in strings_in(json.loads(value)) if len(text) > len("video")]
            is_shown = any(text in unescape(preview.text) for text in words)
            assert is_shown, f"{block_type} lacks a preview_value"


def test_previews_work_with_an_empty_library(client):
    client.force_login(make_user("Editors"))
    for block_type, block in BLOCKS.items():
        response = client.get("/admin/block-preview/", {"id": block.definition_prefix})
        assert response.status_code == 200, block_type


# --- What the site knows of it -------------------------------------------------------------------

# What can be in a block. The rule about people, the search and the leak check know what it shows.
WORDS = (
    *(blocks.CharBlock, blocks.TextBlock, blocks.RichTextBlock, blocks.URLBlock, blocks.ChoiceBlock),
    *(blocks.BooleanBlock, blocks.IntegerBlock, blocks.DecimalBlock, blocks.DateBlock),
)
PARTS = (*WORDS, DescribedPictureBlock, DocumentChooserBlock, blocks.PageChooserBlock)


def find_unknown(block, known=PARTS):
    """Return the class names of the blocks in `block` that are not of `known` classes."""
    # A URLBlock too. Without its app, importing it would add a model without a table.
    is_embed = any(each.__name__ == "EmbedBlock" for each in type(block).__mro__)
    if isinstance(block, known) and not is_embed:
        return []
    if isinstance(block, TypedTableBlock):
        known = WORDS  # Whatever is in a cell is read as words.
    elif isinstance(block, RecordingBlock):
        known = (*known, PersonBlock)
    elif isinstance(block, ImageBlock) or not isinstance(block, (blocks.StructBlock, blocks.ListBlock)):
        return [type(block).__name__]
    children = [getattr(block, "child_block", None), *getattr(block, "child_blocks", {}).values()]
    return [name for child in children if child for name in find_unknown(child, known)]


def test_what_each_block_shows_is_known():
    for name, block in BLOCKS.items():
        assert not find_unknown(block), f"{name}: see what stories/body.py knows of this"


@pytest.mark.parametrize(
    "block",
    [
        *(blocks.RawHTMLBlock(), ImageBlock(), PersonBlock(), blocks.StreamBlock([])),
        type("EmbedBlock", (blocks.URLBlock,), {})(),
        SnippetChooserBlock("stories.Author"),
        TypedTableBlock([("picture", DescribedPictureBlock())]),
    ],
)
def test_what_shows_something_else_is_refused(block):
    assert find_unknown(blocks.StructBlock([("all", blocks.ListBlock(block))]))


# --- What it shows -------------------------------------------------------------------------------


def shown_in(body):
    """Return the words in `body` that its HTML, the search index and the excerpts have, as three sets."""
    html = StoryBody().render(body)
    found = [html, str(body.stream_block.get_searchable_content(body)), str(list(iter_texts(body, set())))]
    return [set(WORD.findall(text)) for text in found]


def test_nothing_is_found_that_readers_do_not_see(media_root, subtests):
    """The picture may not be shown, and the page and the stories to which the blocks lead are not public."""
    withheld = make_image(shows=CleanImage.Shows.PERSON_IN_STORY)
    hidden = make_story(live=False)
    for name, block in BLOCKS.items():
        with subtests.test(name):
            value = fill(block, withheld, hidden, make_document())
            body = StoryPage(body=[(name, block.to_python(value))]).body
            html, index, excerpts = shown_in(body)
            assert index <= html
            assert excerpts <= html
            picture = rf"<img|<picture|{Path(withheld.file.name).stem}"
            assert not re.search(picture, StoryBody().render(body)), "its template asks is_shown"


def test_the_gate_and_the_leak_check_see_every_picture_and_word(media_root, subtests):
    image = make_image(credit="word0z")
    for name, block in BLOCKS.items():
        with subtests.test(name):
            value = fill(block, image, make_story(), make_document())
            page = StoryPage(title="Filled", body=[(name, block.to_python(value))])
            pictures = [each for each in blocks_in(block) if isinstance(each, DescribedPictureBlock)]
            assert [each.pk for each in get_images(page.body)] == [image.pk] * len(pictures)
            words = {*WORD.findall(str(value)), *(["word0z"] if pictures else [])}
            assert words <= set(WORD.findall(" ".join(text.text for text in read_page(page))))


def test_page_works_after_objects_in_its_blocks_were_deleted(client, media_root):
    chosen = image, page, document = make_image(), make_story(), make_document()
    body = [{"type": name, "value": fill(block, *chosen)} for name, block in BLOCKS.items()]
    story = make_story(body=body, lead_image=image, lead_image_decorative=True)
    for each in (image, page, document):
        each.delete()
    client.force_login(make_user("Moderators"))
    for address in (story.url, "/stories/", "/", "/search/?q=story", f"/admin/pages/{story.pk}/edit/"):
        assert client.get(address).status_code == 200, address
    shown = parse(client.get(story.url)).select_one("article .prose")
    assert WORD.search(shown.text)
    assert shown.select("img, .document, .chosen-stories") == []
    # Without validation, because blocks now lack the objects that they require.
    StoryPage.objects.get(pk=story.pk).save_revision(clean=False).publish()


def test_optional_words_are_empty_and_not_null_where_nothing_is_stored():
    # Null would be the word “None” in the index and in excerpts. The alternative text is part of a picture.
    texts = [each for each in blocks_in(StoryBody()) if isinstance(each, TEXTS) and not each.required]
    given = {each.name: each.get_default() for each in texts if each.name != "alt_text"}
    assert len(given) > 10 and set(given.values()) == {""}
