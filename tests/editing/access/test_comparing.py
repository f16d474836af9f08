"""The comparison of two revisions works for every block, with and without each of its optional parts."""

import json
from itertools import permutations

import pytest
from bs4 import BeautifulSoup
from django.core.serializers.json import DjangoJSONEncoder
from wagtail.admin.compare import comparison_class_registry, diff_text

from stories.blocks import StoryBody
from stories.models import StoryIndexPage, StoryPage
from tests.support.builders import make_document, make_image, make_story
from tests.support.filled_blocks import fill

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.sqlite_only,
    pytest.mark.usefixtures("media_root"),
    # Wagtail reads the addresses in blocks as HTML.
    pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning"),
]

BODY = StoryBody()
BEFORE = ("heading", {"text": "Before the block"})


def variants_of(kind, complete):
    """Yield (what is missing, value) for a block of the type `kind`: nothing, each optional part, everything.

    Editors save drafts without required parts too, so what an empty form saves is one of them.
    """
    block = BODY.child_blocks[kind]
    complete = block.get_prep_value(block.to_python(complete))
    yield "nothing", complete
    for name, child in getattr(block, "child_blocks", {}).items():
        if not child.required:
            yield name, {key: value for key, value in complete.items() if key != name}
    yield "everything", block.get_prep_value(block.get_default())


def body_of(*blocks):
    """Return the stored body with `blocks`. A block has the same ID in all of them, so it is compared."""
    raw = [{"type": kind, "value": value, "id": f"{n:036}"} for n, (kind, value) in enumerate(blocks)]
    return json.dumps(raw, cls=DjangoJSONEncoder)


def compare(earlier, later, model=StoryPage, name="body"):
    """Return the comparison of two values of a field: by default, of two bodies."""
    field = model._meta.get_field(name)
    pages = model(**{name: earlier}), model(**{name: later})
    return BeautifulSoup(comparison_class_registry.get(field)(field, *pages).htmldiff(), "html.parser")


def test_block_with_and_without_each_part(subtests):
    others = make_image(), make_story(), make_document()
    for kind, block in BODY.child_blocks.items():
        bodies = [("the block", body_of(BEFORE))]
        for missing, value in variants_of(kind, fill(block, *others)):
            bodies.append((missing, body_of(BEFORE, (kind, value))))
        assert len(bodies) > 2, "there are variants of the block"
        for (before, earlier), (after, later) in permutations(bodies, 2):
            with subtests.test(kind, before=before, after=after):
                shown = compare(earlier, later).get_text()
                assert "Before the block" in shown and "None" not in shown


def test_long_texts_are_not_compared_word_by_word():
    """It would take hours."""
    for number, is_whole in ((1_000, False), (3_000, True)):
        earlier = "word " * number
        shown = diff_text(earlier, earlier + "more").to_html()
        assert shown.startswith("<span") == is_whole
        assert "more" in shown


def test_paragraphs_and_items_of_lists_stay_on_lines_of_their_own():
    before = "<p>One.</p><p>Two.</p><ul><li>3</li><li>4</li></ul>"
    after = "<p>One.</p><p>Two.<br/>And</p><p>4</p>"
    bodies = [body_of(("text", text)) for text in (before, after)]
    for shown in (compare(*bodies), compare(before, after, StoryIndexPage, "introduction")):
        for end in shown("br"):
            end.replace_with("|")
        text = shown.get_text()
        assert text.startswith("One.|Two.|") and text.endswith("|4") and "And" in text and "Two.3" not in text
    assert "One.<br/>Two." in str(compare(bodies[0], bodies[0]))
