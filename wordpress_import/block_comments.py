"""Parses the comments that mark blocks in a text: <!-- wp:image {"id":7} --> … <!-- /wp:image -->."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field

# Blocks within others. Deeper ones stand beside each other.
MAX_DEPTH = 60
START, END = "<!--", "-->"
COMMENT = re.compile(
    r"\s*+(?P<close>/?)wp:(?P<name>[a-z][\w-]*+(?:/[a-z][\w-]*+)?)\s*+(?P<json>\{.*\})?\s*+(?P<void>/?)\s*+\Z",
    re.DOTALL,
)


@dataclass
class Block:
    """`parts`: strings of HTML and Blocks. `is_void`: whether it is one comment, without HTML."""

    name: str
    attributes: dict = field(default_factory=dict)
    parts: list = field(default_factory=list)
    is_void: bool = False


def parse(text):
    """Return `text` as a list of strings and Blocks. The name of a block of WordPress has no prefix."""
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
    name = comment["name"].removeprefix("core/")
    if comment["close"]:
        if any(block.name == name for block in stack[1:]):
            while stack.pop().name != name:
                pass
        return
    block = Block(name, read_attributes(comment["json"]), is_void=bool(comment["void"]))
    stack[-1].parts.append(block)
    if not block.is_void and len(stack) < MAX_DEPTH:
        stack.append(block)


def read_attributes(text):
    """Return the JSON object in `text`; {} if it is none."""
    with suppress(ValueError, RecursionError):
        value = json.loads(text or "{}")
        return value if isinstance(value, dict) else {}
    return {}
