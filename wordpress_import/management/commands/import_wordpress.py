"""Command import_wordpress: reports on a WordPress export, and with --write makes drafts of its items."""

import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from wordpress_import.importer import Importer
from wordpress_import.library import Uploads
from wordpress_import.parents import ParentFinder, find_parent
from wordpress_import.report import write_report
from wordpress_import.sources import ExportError


def read_path_rule(text):
    """Return (path, language code) for `text`, such as "/fr/=fr". Raises ValueError if a part is missing."""
    path, _equals, code = text.partition("=")
    if not path or not code:
        raise ValueError
    return f"/{path.strip('/')}/", code


class Command(BaseCommand):
    help = (
        "Report on a WordPress export. With --write, make a draft of each post and page. "
        "A second run changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE", help="an export: .xml, .xml.gz or .zip")
        parser.add_argument("--write", action="store_true", help="make the drafts")
        parser.add_argument("--uploads", type=Path, metavar="FOLDER", help="wp-content/uploads, or its .zip")
        parser.add_argument("--fetch", action="store_true", help="with --write, get files that are missing")
        parser.add_argument("--fetch-again", action="store_true", help="also those that could not be fetched")
        parser.add_argument("--report", type=Path, default=Path("wordpress-report"), metavar="FOLDER")
        parser.add_argument("--parent", metavar="PAGE", help="the section for the stories, such as /stories/")
        rules = {"type": read_path_rule, "metavar": "PATH=CODE"}
        parser.add_argument("--language-by-path", nargs="+", default=[], **rules)
        parser.add_argument("--as-story", nargs="+", default=[], metavar="TYPE", help="types besides post")
        parser.add_argument("--authors", type=Path, metavar="FILE", help="authors.csv with the names to show")

    def handle(self, *args, files, **options):
        try:
            importer = Importer(
                files,
                ParentFinder(find_parent(options["parent"]), dict(options["language_by_path"])),
                writes=options["write"],
                uploads=options["uploads"] and Uploads(options["uploads"]),
                fetches=options["fetch"],
                fetches_again=options["fetch_again"],
                story_types=options["as_story"],
                names=read_names(options["authors"]),
                tell=self.stdout.write,
            )
            importer.run()
        except ExportError as error:
            raise CommandError(str(error)) from None
        try:
            summary = write_report(importer, options["report"])
        except OSError as error:
            raise CommandError(f"The report can't be written: {error}") from None
        for name, count in sorted(summary["outcomes"].items()):
            self.stdout.write(f"{name}: {count}")
        self.stdout.write(f"needs eyes: {summary['needs_eyes']}")
        self.stdout.write(f"The report is in {options['report'] / 'report.html'}.")
        if not options["write"]:
            self.stdout.write("Nothing was written. Add --write to make the drafts.")


def read_names(path):
    """Return {id of an author: name} from the file at `path`. Raises CommandError if it can't be read."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["id"]: row["name"].strip() for row in csv.DictReader(file) if row["name"]}
    except (OSError, ValueError, LookupError, csv.Error) as error:
        raise CommandError(f"{path} can't be read: it needs the columns id and name ({error}).") from None
