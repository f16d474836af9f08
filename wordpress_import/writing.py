"""Writes the page of an item as a draft. Who is in a story is left open, for an editor to answer."""

import hashlib
import json
from contextlib import contextmanager, nullcontext
from copy import copy
from urllib.parse import unquote

from django.db import transaction
from django.utils.translation import gettext_noop as _
from wagtail.models import Page

from home.models import StandardPage
from publishing.trash import is_in_trash
from safeguarding.withdrawal.addresses import is_gone, path_at
from stories.links import split_address
from stories.models import StoryAuthor, StoryCountry, StoryPage, StoryTheme
from wordpress_import import fields
from wordpress_import.addresses import store_addresses
from wordpress_import.context import Context
from wordpress_import.conversion import convert
from wordpress_import.models import ImportedItem


def is_withdrawn(item, parent):
    """Return whether a page at the old or the new address of `item` was erased by a withdrawal."""
    new = path_at(parent, f"{parent.url_path}{fields.wanted_slug(item)}/")
    return any(is_gone(path) for path in (unquote(split_address(item.link).path), new) if path.strip("/"))


def is_edited(page, record):
    """Return whether somebody has worked on `page` since the import of `record`, its ImportedItem."""
    return page.live or page.latest_revision_id != record.revision


def rows_of(countries, themes, authors):
    """Return {name of a relation of StoryPage: list of its rows} for primary keys of terms."""
    return {
        "story_countries": [StoryCountry(country_id=key, sort_order=n) for n, key in enumerate(countries)],
        "story_themes": [StoryTheme(theme_id=key, sort_order=n) for n, key in enumerate(themes)],
        "story_authors": [StoryAuthor(author_id=key, sort_order=n) for n, key in enumerate(authors)],
    }


class PageWriter:
    """Writes pages.

    `export`, `terms`, `library`: the Export, Terms and Library. `records`: {key of an item: ImportedItem} of
    the items that were imported before.
    """

    def __init__(self, export, terms, library, records):
        self.export, self.terms, self.library = export, terms, library
        self.records = records
        # {id of an item: primary key of its page}. A key is a type and an id, such as "post 7".
        self.pages = {key.split(" ")[-1]: each.page_id for key, each in records.items() if each.page_id}
        self.context = Context(export, self.pages, library)

    def read(self, item, parent):
        """Return (Converted, values of the page) for `item`. Only files and terms are written."""
        converted = convert(item, self.export, self.context)
        notes = converted.notes
        for reason in fields.status_reasons(item):
            notes.flag(reason)
        metadata, is_kept_out = fields.read_metadata(item)
        title = fields.plain(item.title)[:255]
        if not title:
            notes.flag(_("it has no title"))
        values = {"title": title or f"({item.date[:10] or item.id})", "body": converted.blocks} | metadata
        summary = fields.read_summary(item, notes)
        day, published = fields.read_dates(item)
        if item.type == "page":
            values["introduction"] = summary
            notes.flag(_("it is a plain page here: is it a story?"))
        else:
            countries, themes, authors = self.terms.read(item, parent.locale, notes)
            values |= {"summary": summary, "date": day, "keep_out_of_search_engines": is_kept_out}
            values |= self.lead_image(item, notes)
            values["terms"] = (countries, [each.pk for each in themes], [each.pk for each in authors])
        values["first_published_at"] = published
        if notes.missing:
            notes.flag(_("missing files: %s"), len(notes.missing))
        return converted, values

    def lead_image(self, item, notes):
        """Return the values for the lead picture of `item`; {} if it has none."""
        attachment = self.export.attachments.get(item.meta.get("_thumbnail_id", ""))
        if attachment is None:
            return {}
        image = self.context.image(attachment.url, attachment.alt, notes)
        if image and not attachment.alt:
            notes.flag(_("a picture has no alternative text"))
        return {"lead_image_id": image, "lead_image_alt": attachment.alt[:255] if image else ""}

    def write(self, item, key, parent, writes):
        """Write the page of `item` below `parent`. Return (outcome, list of reasons, Converted).

        The outcome is that of Line in importer.py, the reasons are those of reasons.py. Those of a skipped
        item are in English only, as the report is. Converted is None if the item was not read. `key`:
        key_of(item). Without `writes`, nothing is stored. Page and record are written in one transaction, so
        a run that is killed leaves both or neither.
        """
        self.library.stored.clear()
        self.library.wanted.clear()
        if self.library.fetcher and writes:
            self.fetch_files(item, key, parent)
        try:
            with transaction.atomic():
                outcome, reasons, converted, record = self.write_page(item, key, parent, writes)
        except BaseException:
            self.terms.forget()
            self.library.roll_back()
            raise
        if record:
            self.records[key], self.pages[item.id] = record, record.page_id
        return outcome, reasons, converted

    def fetch_files(self, item, key, parent):
        """Fetch the files that the page of `item` shows, unless the page is left alone.

        This is before the transaction, which locks the database.
        """
        page, reason = self.find_page(item, key, parent)
        if reason or (page and is_edited(page, self.records[key])):
            return
        with self.looking_only():
            self.read(item, parent)
        self.library.fetch_wanted()

    def find_page(self, item, key, parent, pages=Page.objects):
        """Return (page of an earlier run or None, why `item` is skipped or ""). `pages`: to look in."""
        record = self.records.get(key)
        page = record and pages.filter(pk=record.page_id).first()
        if is_withdrawn(item, parent):
            return page, "what was at its address was withdrawn here"
        if record and not page:
            self.pages.pop(item.id, None)
            return None, "its page was deleted here"
        return page, "its page is in the trash here" if page and is_in_trash(page) else ""

    def write_page(self, item, key, parent, writes):
        """Return (outcome, reasons, Converted or None, ImportedItem that was saved or None)."""
        self.library.shown.clear()
        # Somebody may work on the page, or delete it, while the import runs.
        page, reason = self.find_page(item, key, parent, Page.objects.select_for_update())
        if reason:
            return "skipped", [reason], None, None
        record = self.records.get(key)
        is_left_alone = page and is_edited(page, record)
        with self.looking_only() if is_left_alone else nullcontext():
            converted, values = self.read(item, parent)
        reasons = converted.notes.reasons
        text = json.dumps([values, reasons], sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if record and record.digest == digest:
            return "unchanged", reasons, converted, None
        if is_left_alone:
            reason = "it is another one in WordPress now, and somebody worked on the page here"
            return "skipped", [reason], converted, None
        outcome = "updated" if record else "imported"
        if not writes:
            return outcome, reasons, converted, None
        saved = self.store(record, page, digest, item, key, parent, values, converted.notes)
        return outcome, reasons, converted, saved

    @contextmanager
    def looking_only(self):
        """Context manager in which reading an item imports neither files nor terms."""
        before, used = (self.library.writes, self.terms.writes), set(self.library.used)
        self.library.writes = self.terms.writes = False
        try:
            yield
        finally:
            self.library.writes, self.terms.writes = before
            self.library.used = used

    def store(self, record, page, digest, item, key, parent, values, notes):
        """Save the page, its record and its old addresses. Return the record, an ImportedItem.

        `record`, `page`: those of an earlier run, or None. `digest`: of `values` and the reasons in `notes`.
        """
        revision = self.save(page and page.specific, item, parent, values)
        # A copy, because the transaction may be rolled back.
        record = copy(record) if record else ImportedItem(source=self.export.source, key=key)
        record.page_id, record.digest, record.revision = int(revision.object_id), digest, revision.pk
        record.needs_eyes, record.missing_pictures = notes.reasons, len(notes.missing)
        record.save()
        store_addresses(item, self.export, record.page_id, parent.pk, self.library.shown)
        return record

    def save(self, page, item, parent, values):
        """Save the draft of `item`. Return its revision. `page`: the page of an earlier run, or None."""
        terms = values.pop("terms", None)
        values = values | {"body": json.dumps(values["body"])}
        is_new = page is None
        if is_new:
            model = StandardPage if item.type == "page" else StoryPage
            page = model(live=False, slug=fields.read_slug(item, parent), locale=parent.locale)
            group = fields.translation_key(item, self.export.source)
            # Another page in this language may have the key already.
            taken = group and model.objects.filter(translation_key=group, locale=parent.locale).exists()
            if group and not taken:
                page.translation_key = group
        for name, value in (values | (rows_of(*terms) if terms else {})).items():
            setattr(page, name, value)
        if is_new:
            parent.add_child(instance=page)
        else:
            page.save(clean=False)
        return page.save_revision(clean=False)
