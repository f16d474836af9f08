"""Writes the report of an import: report.html to read, report.csv for spreadsheets, report.json for programs.

It also writes authors.csv, in which the names to show of authors without one can be filled in.
"""

import csv
import json
from collections import Counter
from dataclasses import asdict

from django.template.loader import render_to_string

from media.sanitizer.text import escape_formulas

# The columns of report.csv: the fields of Line (wordpress_import/importer.py).
COLUMNS = ["file", "line", "id", "type", "status", "title", "outcome", "why", "needs_eyes", "words_before"]
COLUMNS += ["words_after", "unknown", "left_out", "missing", "dead_links", "page"]


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
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([format_cell(row[name]) for name in COLUMNS] for row in rows)
    with open_private(folder / "authors.csv") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name"])
        # With the names that were filled in: this may be the file that was read.
        for author in importer.export.authors.values():
            if not author.name or author.id in importer.names:
                writer.writerow([author.id, importer.names.get(author.id, "")])
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
