"""Writes the report of an import: report.html to read, report.csv for spreadsheets, report.json for programs.

It also writes authors.csv, in which the names to show of authors without one can be filled in.
"""

import csv
import json
from collections import Counter
from dataclasses import asdict, fields

from django.template.loader import render_to_string

from media.sanitizer.text import escape_formulas
from wordpress_import.importer import Line

# The columns of report.csv.
COLUMNS = [field.name for field in fields(Line)]


def summarise(importer):
    """Return the figures of `importer`, an Importer that has run, as a dictionary."""
    export, lines = importer.export, importer.lines
    unknown, missing, dead = Counter(), set(), set()
    for line in lines:
        unknown.update(line.unknown)
        missing.update(line.missing)
        dead.update(line.dead_links)
    return {
        "site": export.base_url,
        "written": importer.writes,
        "items": len(lines),
        "outcomes": dict(Counter(line.outcome for line in lines)),
        "needs_eyes": sum(bool(line.needs_eyes) for line in lines),
        "types": {name: count for name, count in sorted(export.counts.items()) if name != "comments"},
        "comments": export.counts["comments"],
        "menus": export.counts["nav_menu_item"],
        "users": len(export.authors),
        "users_without_name": sum(not author.name for author in export.authors.values()),
        "words_before": sum(line.words_before for line in lines),
        "words_after": sum(line.words_after for line in lines),
        "unknown": dict(unknown.most_common()),
        "missing_files": sorted(missing),
        "dead_links": sorted(dead),
        "refused_files": importer.library.refused,
    }


def write_report(importer, folder):
    """Write the report of `importer` into `folder`, a Path. Return the figures of summarise().

    Only the owner may read the files, because they name people. Raises OSError if they can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    summary = summarise(importer)
    rows = [asdict(line) for line in importer.lines]
    content = {"summary": summary, "items": rows}
    write_private(folder / "report.json", json.dumps(content, ensure_ascii=False, indent=1))
    write_private(folder / "report.html", render_to_string("wordpress_import/report.html", content))
    with open_private(folder / "report.csv") as file:
        csv.writer(file).writerows([COLUMNS, *(map(format_cell, row.values()) for row in rows)])
    # With the names that were filled in: this may be the file that was read.
    names, authors = importer.names, importer.export.authors.values()
    authors = [(each.id, names.get(each.id, "")) for each in authors if not each.name or each.id in names]
    with open_private(folder / "authors.csv") as file:
        csv.writer(file).writerows([("id", "name"), *authors])
    return summary


def format_cell(value):
    """Return the text of a cell of the CSV file for `value`."""
    if isinstance(value, dict):
        value = [f"{name} ({count})" for name, count in value.items()]
    text = "; ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return escape_formulas(text)


def open_private(path):
    """Open a file for writing that only its owner may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)  # The mode above is that of new files. This one may have been saved by another program.
    return path.open("w", encoding="utf-8", newline="")


def write_private(path, text):
    with open_private(path) as file:
        file.write(text)
