"""Parses the shortcodes in a text: [gallery ids="1,2"], [caption]…[/caption].

WordPress knows which names are shortcodes. Here, text in brackets that doesn't look like one, such as
"[her name is changed]", stays text.
"""

import re
from dataclasses import dataclass, field
from itertools import count

# Characters of one tag, and tags without an end that are tried in one text: hostile texts end early.
MAX_TAG, MAX_FAILURES = 50_000, 20_000
# Shortcodes within others. Deeper ones stand beside each other.
MAX_DEPTH = 60
QUOTED = r'"[^"]*"|\'[^\']*\'|[“”″][^“”″]*[“”″]'
TAG = re.compile(
    rf"\[(?P<close>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:[\s=:,](?:[^\[\]\"'“”″]|{QUOTED})*+)?)\]"
)
ATTRIBUTE = re.compile(rf"([\w:.-]+)\s*=\s*({QUOTED}|[^\s\"'“”″]+)|({QUOTED}|[^\s\"'“”″]+)")
QUOTES = "\"'“”″"
# Names of shortcodes that also have no attribute, and no second tag.
PLAIN_NAMES = {"gallery", "caption", "audio", "video", "playlist", "embed", "contact-form", "sitemap", "toc"}


@dataclass
class Shortcode:
    """`arguments`: the values without a name. `raw`: the first tag as it stands in the text."""

    name: str
    attributes: dict = field(default_factory=dict)
    arguments: list = field(default_factory=list)
    children: list = field(default_factory=list)
    raw: str = ""
    is_closed: bool = False

    @property
    def is_likely(self):
        """Whether it is a shortcode, and not a remark in brackets."""
        has_link = any("://" in each for each in self.arguments)
        is_named = self.name in PLAIN_NAMES or "_" in self.name or "-" in self.name
        return self.is_closed or bool(self.attributes) or has_link or (is_named and not self.arguments)


def parse(text):
    """Return `text` as a list of strings and Shortcodes, whose children are such lists."""
    root = []
    stack = []  # the Shortcodes that may still be closed
    position = failures = 0

    def add(piece):
        if piece:
            (stack[-1].children if stack else root).append(piece)

    while (start := text.find("[", position)) >= 0 and failures < MAX_FAILURES:
        add(text[position:start])
        tag = TAG.match(text, start, start + MAX_TAG)
        if tag is None:
            failures += 1
            add("[")
            position = start + 1
        elif text[start - 1 : start] == "[" and text[tag.end() : tag.end() + 1] == "]":
            # [[name]] is how authors write [name] itself.
            (stack[-1].children if stack else root)[-1] = text[position : start - 1] or ""
            add(tag[0])
            position = tag.end() + 1
        else:
            position = tag.end()
            if tag["close"]:
                close(tag["name"], stack, root) or add(tag[0])
            else:
                shortcode = read_tag(tag)
                add(shortcode)
                if len(stack) < MAX_DEPTH and not tag["rest"].endswith("/"):
                    stack.append(shortcode)
    add(text[position:])
    while stack:
        lift(stack, root)
    return root


def close(name, stack, root):
    """Close the innermost open shortcode `name`. Return whether there was one."""
    if all(each.name != name for each in stack):
        return False
    while stack[-1].name != name:
        lift(stack, root)
    stack.pop().is_closed = True
    return True


def lift(stack, root):
    """Take the last shortcode, which has no second tag, from `stack`. What it holds stands after it."""
    last = stack.pop()
    siblings = stack[-1].children if stack else root
    siblings += last.children
    last.children = []


def read_tag(tag):
    rest = tag["rest"].removesuffix("/").lstrip("=:, ")
    shortcode = Shortcode(tag["name"], raw=tag[0])
    numbers = count()
    for name, value, argument in ATTRIBUTE.findall(rest):
        if name:
            shortcode.attributes.setdefault(name.lower(), value.strip(QUOTES))
        elif next(numbers) < 100:
            shortcode.arguments.append(argument.strip(QUOTES))
    return shortcode
