"""Each code block of README.md and docs/ is run by a test or by `make container`, or says why not."""

import re

import pytest

from tests.support.documented import ROOT, blocks

pytestmark = pytest.mark.sqlite_only


def test_each_block_is_run_or_says_why_not():
    found = list(blocks())
    assert [(str(page), text) for page, mark, text in found if not mark] == []
    names = [mark[2] for _page, mark, _text in found if mark[1] == "run"]
    assert sorted(names) == sorted(set(names))
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert [name for name in names if not re.search(f"""block\\(["']{name}["']\\)""", tests)] == []
