"""The comparison of two revisions works for every block, with and without each of its optional parts."""

import pytest
from wagtail.blocks import StructBlock

from stories.blocks import StoryBody
from tests.support import builders
from tests.support.site import all_blocks

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.sqlite_only,
    pytest.mark.usefixtures("media_root"),
    # Wagtail reads the addresses in blocks as HTML.
    pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning"),
]

BODY = StoryBody()


def variants_of(kind, complete):
    """Yield (what is missing, value) for a block of the type `kind`: nothing, each optional part, everything.

    Editors save drafts without required parts too, so what an empty form saves is one of them.
    """
    block = BODY.child_blocks[kind]
    complete = block.get_prep_value(block.to_python(complete))
    yield "nothing", complete
    if isinstance(block, StructBlock):
        for name, child in block.child_blocks.items():
            if not child.required:
                yield name, {key: value for key, value in complete.items() if key != name}
    yield "everything", block.get_prep_value(block.get_default())


def save_revision(story, blocks):
    """Save a revision of `story` with `blocks`. A block has the same ID in each, so Wagtail compares them."""
    story.body = [
        {"type": kind, "value": value, "id": f"{number:08}-0000-4000-8000-000000000000"}
        for number, (kind, value) in enumerate(blocks)
    ]
    return story.save_revision(clean=False)


@pytest.mark.parametrize("kind", BODY.child_blocks)
def test_block_with_and_without_each_part(admin_client, kind):
    complete = next(block["value"] for block in all_blocks() if block["type"] == kind)
    if kind == "pictures":
        not_chosen = {"image": None, "alt_text": None, "decorative": None}
        complete = {"pictures": [*complete["pictures"], {"image": not_chosen, "caption": ""}]}
    story = builders.make_story("Compared")
    first = save_revision(story, [("heading", {"text": "Before the block"})])
    revisions = [("the block", first)]
    for missing, value in variants_of(kind, complete):
        block = (kind, value)
        revisions.append((missing, save_revision(story, [("heading", {"text": "Before the block"}), block])))
    assert len(revisions) > 2
    for before, earlier in revisions:
        for after, later in revisions:
            if earlier is not later:
                address = f"/admin/pages/{story.pk}/revisions/compare/{earlier.pk}...{later.pk}/"
                response = admin_client.get(address)
                assert response.status_code == 200, (before, after)
                shown = builders.parse(response).main.get_text()
                assert "Before the block" in shown or "no differences" in shown
                assert "None" not in shown, (before, after)
