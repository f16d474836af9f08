"""Imports an export: the index of all files, then a page for each item, then the links between pages."""

import hashlib
import time
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from wordpress_import import fields
from wordpress_import.export import REUSABLE, Export
from wordpress_import.fetching import Fetcher
from wordpress_import.fidelity import words
from wordpress_import.library import Library
from wordpress_import.markup import TextError
from wordpress_import.models import ImportedItem
from wordpress_import.parents import NoPlaceError
from wordpress_import.reading import Item, read
from wordpress_import.reasons import sentence
from wordpress_import.terms import Terms
from wordpress_import.writing import PageWriter

# Statuses of items that are skipped.
DROPPED_STATUSES = {"trash", "auto-draft", "inherit"}
# {type of items that become no page: the sentence about it in the report}.
TYPES = {
    "attachment": "no imported page shows this file",
    "nav_menu_item": "menus are made anew here",
    "revision": "it is an older version",
}
# The number of items between two lines of progress.
STEP = 500


@dataclass
class Line:
    """The line of one item in the report.

    `file`, `line`: where the item is in the export. `id`, `type`, `status`, `title`: those of the item.
    `outcome`: "imported", "updated", "unchanged", "skipped" or "failed". `why`: sentences about why it is
    skipped or failed. `needs_eyes`: sentences about why an editor has to look at the page. `words_before`,
    `words_after`: how many words readers saw in WordPress, and see here. `unknown`: {name: number} of unknown
    shortcodes and blocks. `left_out`: the same of what is left out, such as menus. `missing`: missing files.
    `dead_links`: links to pages of the old site that are not imported. `page`: the primary key of its page.
    """

    file: str
    line: int
    id: str
    type: str
    status: str
    title: str
    outcome: str = "skipped"
    why: list = field(default_factory=list)
    needs_eyes: list = field(default_factory=list)
    words_before: int = 0
    words_after: int = 0
    unknown: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    missing: list = field(default_factory=list)
    dead_links: list = field(default_factory=list)
    page: int | None = None


def key_of(item):
    """Return the string that identifies `item` in the old site: type and id, or a hash if it has no id."""
    if item.id.isdecimal() and item.id.strip("0"):
        return f"{item.type[:40]} {item.id[:20]}"  # The column takes 64 characters.
    text = f"{item.link} {item.title} {item.date}"
    return f"x{hashlib.sha256(text.encode()).hexdigest()[:40]}"


class Importer:
    """Imports the export files at `paths`. Raises ExportError if one of them can't be read.

    `parents`: the ParentFinder. `writes`: whether to write anything; otherwise only the report is made.
    `uploads`: the Uploads, or None. `fetches`: whether missing files are fetched from the old site.
    `fetches_again`: whether those are fetched too that could not be fetched in an earlier run.
    `story_types`: types of items that become stories besides "post". `names`: {id of an author: name to
    show}. `tell`: function that takes lines of progress.
    """

    def __init__(self, paths, parents, *, writes, uploads, fetches, fetches_again, story_types, names, tell):
        self.export = Export.index(paths)
        self.names = names
        for author in self.export.authors.values():
            author.name = self.names.get(author.id, author.name)
        self.parents, self.writes, self.tell = parents, writes, tell
        self.story_types = {"post", *story_types}
        self.terms = Terms(self.export, writes)
        records = {each.key: each for each in ImportedItem.objects.filter(source=self.export.source)}
        fetcher = Fetcher(self.export) if fetches or fetches_again else None
        self.library = Library(self.export, uploads, fetcher, fetches_again=fetches_again, writes=writes)
        self.writer = PageWriter(self.export, self.terms, self.library, records)
        # `seen`: {key of an item: where it is in the export}.
        self.lines, self.seen = [], {}
        self.linking = {}  # {key: Line} of pages with links to pages of the old site
        self.started = time.monotonic()

    def run(self):
        """Import all items. Return the list of their Lines."""
        for item in self.items():
            self.lines.append(self.import_item(item))
            if len(self.lines) % STEP == 0:
                self.tell(self.progress())
        self.finish_links()
        # Attachments become no pages. They are imported if a page shows them.
        used = {key for path in self.library.used for key in self.export.attachments_by_path.get(path, ())}
        for line in self.lines:
            if line.type == "attachment" and line.id in used:
                line.outcome, line.why = "imported", []
        return self.lines

    def items(self):
        """Return an iterator over all Items of the export."""
        found = (each for source in self.export.sources for each in read(source))
        return (each for each in found if isinstance(each, Item))

    def progress(self):
        """Return a line of text on how far the import is."""
        done, total = len(self.lines), self.export.items
        rate = done / max(time.monotonic() - self.started, 0.001)
        minutes = (total - done) / rate / 60
        return f"{done} of {total} items, {rate:.0f} a second, {minutes:.0f} minutes left"

    def import_item(self, item):
        """Import `item`. Return its Line."""
        line, key = Line(item.file, item.line, item.id, item.type, item.status, ""), key_of(item)
        try:
            line.title = fields.plain(item.title)[:200]
            if reason := self.reason_to_skip(item, key):
                line.why = [reason]
            elif item.too_long:
                raise TextError("one of its texts is longer than 8 million characters")
            else:
                self.write(item, key, line)
        except TextError as error:
            line.outcome, line.why = "failed", [str(error)]
        self.seen.setdefault(key, f"{item.file}, line {item.line}")
        return line

    def reason_to_skip(self, item, key):
        """Return the sentence about why `item` is skipped, or "". `key`: key_of(item)."""
        if key in self.seen:
            return f"the same item stands in {self.seen[key]}"
        if item.type in REUSABLE:
            return "it stands in the items that use it"
        if item.type in TYPES:
            return TYPES[item.type]
        if item.type != "page" and item.type not in self.story_types:
            count = len(words(item.content))
            hint = f"holds {count} words; --as-story {item.type} imports it" if count else "has no words"
            return f"it is of the type “{item.type}”: it {hint}"
        if item.status in DROPPED_STATUSES:
            return f"its status in WordPress is “{item.status}”"
        return ""

    def write(self, item, key, line):
        """Write the page of `item`, and fill in `line`. An error fails this item only."""
        try:
            outcome, reasons, converted = self.writer.write(item, key, self.parents.find(item), self.writes)
        except NoPlaceError as error:
            line.why = [str(error)]
            return
        except Exception as error:  # whatever one item holds
            kind = "" if isinstance(error, TextError) else f"{type(error).__name__}: "
            line.outcome, line.why = "failed", [f"{kind}{error}"[:300]]
            return
        line.outcome = outcome
        sentences = [*map(sentence, reasons)]
        line.why, line.needs_eyes = (sentences, []) if outcome == "skipped" else ([], sentences)
        record = self.writer.records.get(key)
        line.page = record and record.page_id
        if converted is None:
            return
        notes = converted.notes
        if notes.lost and line.needs_eyes:
            line.needs_eyes = [*line.needs_eyes, sentence([_("such as: %s"), ", ".join(notes.lost)])]
        line.words_before, line.words_after = converted.words_before, converted.words_after
        line.unknown, line.left_out = dict(notes.shortcodes + notes.blocks), dict(notes.dropped)
        line.missing, line.dead_links = sorted(set(notes.missing)), sorted(set(notes.links))
        if notes.links:
            self.linking[key] = line

    def finish_links(self):
        """Write pages again if they have links to pages that were imported after them."""
        if not (self.linking and self.writes):
            return
        self.tell(f"Links of {len(self.linking)} pages")
        for item in self.items():
            line = self.linking.pop(key_of(item), None)
            page_for = self.writer.context.page_for
            if line is None or not any(page_for(url, None) for url in line.dead_links):
                continue
            before = line.outcome  # The report says what the first pass did.
            self.write(item, key_of(item), line)
            if line.outcome in {"updated", "unchanged"}:
                line.outcome = before
