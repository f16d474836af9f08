"""docs/layout.md describes the tree as it is: rooms, direction of imports, sizes."""

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[2]
LAYOUT = (ROOT / "docs" / "layout.md").read_text()
CODE_ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
MAX_LINES = 300
# Of all modules together. Code about one room belongs in that room.
MAX_LINES_OF_SITE_PROJECT = 1300


def modules(room):
    """Return the Python modules of `room`, without migrations, which Django writes."""
    return [path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]


def count_lines(path):
    return len(path.read_text().splitlines())


def test_layout_lists_the_rooms():
    listed = re.findall(r"^\| `([a-z_]+)/` \|", LAYOUT, re.MULTILINE)
    apps = [path.parent.name for path in ROOT.glob("*/apps.py")]
    assert sorted(listed) == sorted({*CODE_ROOMS, *apps, "tests", "deploy", "docs"})


def test_layout_lists_the_folders_of_editing():
    listed = re.findall(r"^\| `editing/([a-z]+)/` \|", LAYOUT, re.MULTILINE)
    # Each says its job there. The folder that Django names templatetags doesn't.
    folders = [path.parent.name for path in (ROOT / "editing").glob("*/__init__.py") if path.read_text()]
    assert sorted(listed) == sorted(folders)


def test_each_room_says_its_job():
    assert [room for room in CODE_ROOMS if not (ROOT / room / "__init__.py").read_text()] == []


def test_layout_shows_the_import_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert " → ".join(layers) in LAYOUT
    cycles = next(contract for contract in contracts if contract["type"] == "acyclic_siblings")
    assert sorted(cycles["ancestors"]) == sorted(CODE_ROOMS)


def test_each_room_has_its_tests():
    assert [room for room in CODE_ROOMS if not list((ROOT / "tests" / room).glob("test_*.py"))] == []


def test_only_the_listed_modules_are_long():
    listed = set(re.findall(r"^\| `([\w/]+\.py)` \|", LAYOUT, re.MULTILINE))
    long = {path for room in CODE_ROOMS for path in modules(room) if count_lines(path) > MAX_LINES}
    assert listed == {path.relative_to(ROOT).as_posix() for path in long}


def test_the_frame_is_small():
    assert sum(map(count_lines, modules("site_project"))) <= MAX_LINES_OF_SITE_PROJECT
