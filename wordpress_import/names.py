"""Reads the names of blocks, modules, elements, hosts and tags that the import knows from names.toml."""

import tomllib
from pathlib import Path

TABLES = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
# {name of a list: set of its names}.
NAMES = {name: set(words.split()) for name, words in TABLES["lists"].items()}
