"""Quotation marks that an editor types around a quote are removed, because the page shows that it is one."""

import pytest

from stories.blocks import QuoteBlock
from stories.quotation_marks import PAIRS

pytestmark = pytest.mark.sqlite_only

# (text that an editor typed, text that is stored).
ROWS = [
    (" “I counted.” ", "I counted."),
    ("«\xa0Je comptais.\xa0»", "Je comptais."),
    ("‘I don’t know.’", "I don’t know."),
    ("'I don't know.'", "I don't know."),
    ("“He said ‘come’.”", "He said ‘come’."),
    # No pair of marks is around all of the text, so nothing is removed.
    ("I counted.", "I counted."),
    ("“Go,” she said, “now.”", "“Go,” she said, “now.”"),
    ("“Go,” she said.", "“Go,” she said."),
    ('"', '"'),
    ("First.\n\n“Second.”", "First.\n\n“Second.”"),
]
ROWS += [(f"{opening}I counted.{closing}", "I counted.") for opening, closing in sorted(PAIRS)]


@pytest.mark.parametrize(("typed", "stored"), ROWS)
def test_quote_is_stored_without_a_pair_of_marks_around_all_of_it(typed, stored):
    block = QuoteBlock()
    assert block.clean(block.to_python({"text": typed}))["text"] == stored
