"""Finds the code blocks of README.md and the pages in docs/, each with the mark before it.

<!-- run: NAME -->      a test or `make container` reads it by its name, with block(), and runs it
<!-- not run: why -->   nothing runs it
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARK = re.compile(r"<!-- (run|not run): (.+) -->")
# Four spaces begin a block only after a blank line: elsewhere they go on with an item of a list.
BLOCK = r"(?:^(?P<before>.*)\n)\n(?P<text>(?: {4}.*\n|\n(?= {4}))+)|^(?P<fence>```.*)$"


def blocks():
    """Yield (page, mark or None, text of the block) for each code block."""
    for page in PAGES:
        # A block in an item of a list has eight spaces, which these pages don't have.
        for found in re.finditer(BLOCK, page.read_text(), re.MULTILINE):
            before, text = found["before"] or "", found["text"] or found["fence"]
            yield page.relative_to(ROOT), MARK.fullmatch(before), textwrap.dedent(text).strip()


def block(name):
    """Return the text of the block that is marked with `run` and this name."""
    [text] = [text for _page, mark, text in blocks() if mark and mark.groups() == ("run", name)]
    return text
