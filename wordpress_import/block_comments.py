"""Parses the comments with which WordPress marks blocks: <!-- wp:image {"id":7} --> … <!-- /wp:image -->."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field

# The deepest nesting of blocks, which Expander reads by recursion. Blocks below it are parsed as siblings.
MAX_DEPTH = 60
START, END = "<!--", "-->"
COMMENT = re.compile(
    r"\s*+(?P<close>/?)wp:(?P<name>[a-z][\w-]*+(?:/[a-z][\w-]*+)?)\s*+(?P<json>\{.*\})?\s*+(?P<void>/?)\s*+\Z",
    re.DOTALL,
)


@dataclass
class Block:
    """A block. `parts`: a list of HTML strings and inner Blocks. `is_void`: whether it has no closing tag."""

    name: str
    attributes: dict = field(default_factory=dict)
    parts: list = field(default_factory=list)
    is_void: bool = False

    @property
    def is_hidden(self):
        """Whether an editor hid the block from all readers, in WordPress 6.9 or in Divi 5."""
        if value_at(self.attributes, "metadata", "blockVisibility") is False:
            return True
        disabled = value_at(self.attributes, "module", "decoration", "disabledOn")
        return all(value_at(disabled, each, "value") == "on" for each in ("desktop", "tablet", "phone"))


def value_at(value, *names):
    """Return the value at the path `names` in `value`, dictionaries within each other, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parse(text):
    """Return `text` as a list of HTML strings and Blocks. The prefix "core/" is removed from their names."""
    root = Block("")
    stack = [root]
    position = 0
    while (start := text.find(START, position)) >= 0:
        end = text.find(END, start)
        if end < 0:
            break
        comment = COMMENT.match(text[start + len(START) : end])
        stop = end + len(END)
        if comment is None:
            stack[-1].parts.append(text[position:stop])
        else:
            stack[-1].parts.append(text[position:start])
            add(comment, stack)
        position = stop
    stack[-1].parts.append(text[position:])
    return root.parts


def add(comment, stack):
    """Open or close a block. `comment`: a match of COMMENT. `stack`: the open Blocks, the innermost last."""
    name = comment["name"].removeprefix("core/")
    if comment["close"]:  # It also closes blocks within that were left open.
        if any(block.name == name for block in stack[1:]):
            while stack.pop().name != name:
                pass
        return
    block = Block(name, read_attributes(comment["json"]), is_void=bool(comment["void"]))
    stack[-1].parts.append(block)
    if not block.is_void and len(stack) < MAX_DEPTH:
        stack.append(block)


def read_attributes(text):
    """Return the JSON object in `text` as a dictionary; {} if it is not a JSON object."""
    with suppress(ValueError, RecursionError):
        value = json.loads(text or "{}")
        return value if isinstance(value, dict) else {}
    return {}
