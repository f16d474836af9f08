"""Parses shortcodes, which WordPress replaces by HTML: [gallery ids="1,2"], [caption]…[/caption].

An export doesn't list the shortcodes of its site, so every word in brackets may be one, also in a remark such
as "[her name is changed]". Shortcode.is_likely tells them apart; the text of the others is in `raw`.
"""

import re
from dataclasses import dataclass, field

# The longest tag in characters, and the number of brackets that may turn out to be no tag. After that many,
# the rest of a text is not parsed. So hostile texts don't take long.
MAX_TAG, MAX_FAILURES = 50_000, 20_000
# The deepest nesting of shortcodes, which Expander reads by recursion. Those below it are parsed as siblings.
MAX_DEPTH = 60
# The most values without a name that are kept of a shortcode.
MAX_ARGUMENTS = 100
# A value in quotation marks, which can be typographic ones.
QUOTED = r'"[^"]*"|\'[^\']*\'|[“”″][^“”″]*[“”″]'
# An opening or closing tag. After the name comes white space or one of "=:,", as in [youtube=https://…].
TAG = re.compile(
    rf"\[(?P<close>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:[\s=:,](?:[^\[\]\"'“”″]|{QUOTED})*+)?)\]"
)
ATTRIBUTE = re.compile(rf"([\w:.-]+)\s*=\s*({QUOTED}|[^\s\"'“”″]+)|({QUOTED}|[^\s\"'“”″]+)")
QUOTES = "\"'“”″"
# Names that are shortcodes even without attributes and without a closing tag.
PLAIN_NAMES = {"gallery", "caption", "audio", "video", "playlist", "embed", "sitemap", "toc"}


@dataclass
class Shortcode:
    """A shortcode.

    `arguments`: the values without a name. `children`: a list of strings and inner Shortcodes. `raw`: the
    opening tag as it is in the text. `is_closed`: whether it has a closing tag.
    """

    name: str
    attributes: dict = field(default_factory=dict)
    arguments: list = field(default_factory=list)
    children: list = field(default_factory=list)
    raw: str = ""
    is_closed: bool = False

    @property
    def is_likely(self):
        """Whether it is probably a shortcode, and not a remark in brackets."""
        has_link = any("://" in each for each in self.arguments)
        is_named = self.name in PLAIN_NAMES or "_" in self.name or "-" in self.name
        return self.is_closed or bool(self.attributes) or has_link or (is_named and not self.arguments)


def parse(text):
    """Return `text` as a list of strings and Shortcodes."""
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
            # [[name]] is the text [name], not a shortcode. The last piece is the first bracket.
            (stack[-1].children if stack else root).pop()
            add(tag[0])
            position = tag.end() + 1
        else:
            position = tag.end()
            if tag["close"]:
                # Without an opening tag, it is text.
                close(tag["name"], stack, root) or add(tag[0])
            else:
                shortcode = read_tag(tag)
                add(shortcode)
                # [video /] has no content.
                if len(stack) < MAX_DEPTH and not tag["rest"].endswith("/"):
                    stack.append(shortcode)
    add(text[position:])
    while stack:
        lift(stack, root)
    return root


def close(name, stack, root):
    """Close the innermost open shortcode `name`. Return whether there was one.

    `stack`: the open Shortcodes, the innermost last. `root`: the list of the pieces outside of shortcodes.
    """
    if all(each.name != name for each in stack):
        return False
    while stack[-1].name != name:
        lift(stack, root)
    stack.pop().is_closed = True
    return True


def lift(stack, root):
    """Take the last Shortcode, which has no closing tag, from `stack`. Its children become its siblings."""
    last = stack.pop()
    siblings = stack[-1].children if stack else root
    siblings += last.children
    last.children = []


def read_tag(tag):
    """Return the Shortcode for `tag`, a match of TAG."""
    rest = tag["rest"].removesuffix("/").lstrip("=:, ")
    shortcode = Shortcode(tag["name"], raw=tag[0])
    for name, value, argument in ATTRIBUTE.findall(rest):
        if name:
            shortcode.attributes.setdefault(name.lower(), value.strip(QUOTES))
        elif len(shortcode.arguments) < MAX_ARGUMENTS:
            shortcode.arguments.append(argument.strip(QUOTES))
    return shortcode
