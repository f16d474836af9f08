"""Builds rich text from runs of characters of one format. It only has tags that the editor supports."""

import re
from dataclasses import dataclass, field
from html import escape

# {tag of a format: tag in the rich text}.
FORMATS = {"b": "b", "strong": "b", "i": "i", "em": "i", "cite": "i", "dfn": "i"}
# A line break in a run. html() makes a <br/> of it.
BREAK = "\n"


@dataclass
class Runs:
    """The text of one paragraph.

    `runs`: a list of (text, frozenset of tags such as "b", HTML attributes of the link around it or None).
    A non-breaking space in a run stays one in html(), except at the ends of a line.
    """

    runs: list = field(default_factory=list)

    def add(self, text, formats=frozenset(), link=None):
        """Add a run of `text`."""
        if text:
            self.runs.append((text, formats, link))

    def plain(self):
        """Return the text without markup, on one line."""
        return " ".join("".join(text for text, _formats, _link in self.runs).split())

    def lines(self):
        """Return the text without markup, with its line breaks."""
        text = "".join(text for text, _formats, _link in self.runs)
        return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))

    @property
    def has_links(self):
        return any(link for text, _formats, link in self.runs if text.strip())

    def html(self):
        """Return the rich text, without a <p> around it; "" if there is no text."""
        if not self.plain():
            return ""
        html, position = [], 0
        # Runs with the same link that follow each other share one <a>.
        while position < len(self.runs):
            link = self.runs[position][2]
            end = position
            while end < len(self.runs) and self.runs[end][2] == link:
                end += 1
            inner = "".join(formatted(*run[:2]) for run in self.runs[position:end])
            has_text = any(run[0].strip() for run in self.runs[position:end])
            html.append(f"<a {link}>{inner}</a>" if link and has_text else inner)
            position = end
        # Spaces beside a break, and breaks at the ends, are invisible. Inside of a format, they may stay.
        lines = [line.strip() for line in re.sub("  +", " ", "".join(html)).split("<br/>")]
        shown = [number for number, line in enumerate(lines) if line]
        return "<br/>".join(lines[shown[0] : shown[-1] + 1])


def formatted(text, formats):
    """Return the HTML of a run of `text`."""
    html = escape(text, quote=False).replace(BREAK, "<br/>")
    if text.strip():
        for tag in sorted(formats):  # the order of a set can be another one in each run of Python
            html = f"<{tag}>{html}</{tag}>"
    return html
