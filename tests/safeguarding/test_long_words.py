"""The leak check takes no longer for a text that is one long word. Its process answers nobody meanwhile."""

import time

import pytest

from safeguarding.leak_check.matching import Texts, make_term

LONG = 15_000  # Letters. A form may have far more.


@pytest.mark.parametrize("text", ["a" * LONG, "é" + "a" * LONG, "@" * LONG, "1_" * LONG])
def test_long_word_takes_no_time(text):
    start = time.process_time()
    assert Texts([text, f"{text} Am1na", f"{text} Αmina", "of_@mina"]).find(make_term("Amina")) == {1, 2, 3}
    assert time.process_time() - start < 1
