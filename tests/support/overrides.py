"""The table of docs/overrides.md: what the project overrides of Wagtail and Django."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \| (.+) \| `(\w+)` \|$", re.MULTILINE)


def read_table():
    """Return {what is overridden: (what overrides it, why, upstream issue, hash of what is overridden)}."""
    text = (ROOT / "docs/overrides.md").read_text().split("## Private API")[0]
    rows = ROW.findall(text)
    assert len(rows) == len(re.findall(r"^\| `", text, re.MULTILINE)), "a row has another format"
    table = {what: rest for what, *rest in rows}
    assert len(table) == len(rows), "something has two rows"
    return table


TABLE = read_table()
