"""Writes the page of an item as a draft. Who is in a story is left open, for an editor to answer."""

import hashlib
import json

from django.db import transaction

from home.models import StandardPage
from stories.models import StoryAuthor, StoryCountry, StoryPage, StoryTheme
from wordpress_import import fields
from wordpress_import.addresses import store_addresses
from wordpress_import.context import Context
from wordpress_import.conversion import convert
from wordpress_import.models import ImportedItem


class PageWriter:
    """Writes pages.

    `export`, `terms`, `library`, `places`: the Export, Terms, Library and Places. `records`: {key of an item:
    ImportedItem} of the items that were imported before.
    """

    def __init__(self, export, terms, library, places, records):
        self.export, self.terms, self.library = export, terms, library
        self.places, self.records = places, records
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
            notes.flag("it has no title")
        values = {"title": title or f"({item.date[:10] or item.id})", "body": converted.blocks} | metadata
        summary = fields.read_summary(item, notes)
        day, published = fields.read_dates(item)
        if item.type == "page":
            values["introduction"] = summary
        else:
            countries, themes, authors = self.terms.read(item, parent.locale, notes)
            values |= {"summary": summary, "date": day, "keep_out_of_search_engines": is_kept_out}
            values |= self.lead_image(item, notes)
            values["terms"] = (countries, [each.pk for each in themes], [each.pk for each in authors])
        values["first_published_at"] = published
        if notes.missing:
            notes.flag(f"{len(notes.missing)} files are missing")
        return converted, values

    def lead_image(self, item, notes):
        """Return the values for the lead picture of `item`; {} if it has none."""
        attachment = self.export.attachments.get(item.meta.get("_thumbnail_id", ""))
        if attachment is None:
            return {}
        image = self.context.image(attachment.url, attachment.alt, notes)
        if image and not attachment.alt:
            notes.flag("a picture has no alternative text")
        return {"lead_image_id": image, "lead_image_alt": attachment.alt[:255] if image else ""}

    def write(self, item, key, parent, writes=True):
        """Write the page of `item` below `parent`. Return (outcome, list of sentences, Converted).

        The outcome and the sentences are those of a Line. `key`: the key of the item. Without `writes`,
        nothing is written. The page and its record are written in one transaction, so an interruption leaves
        both or neither.
        """
        with transaction.atomic():
            converted, values = self.read(item, parent)
            reasons = converted.notes.reasons
            text = json.dumps([values, reasons], sort_keys=True, default=str)
            digest = hashlib.sha256(text.encode()).hexdigest()
            record = self.records.get(key)
            if outcome := self.check(record, digest):
                return *outcome, converted
            if writes:
                record = self.store(record, digest, item, key, parent, values, converted.notes)
        outcome = "updated" if key in self.records else "imported"
        if writes:
            self.records[key], self.pages[item.id] = record, record.page_id
        return outcome, reasons, converted

    def check(self, record, digest):
        """Return (outcome, list of sentences) if nothing has to be written, else None."""
        if record is None:
            return None
        if record.page_id is None:
            return "skipped", ["its page was deleted here"]
        if record.digest == digest:
            return "unchanged", record.needs_eyes
        if record.page.live or record.page.latest_revision_id != record.revision:
            return "skipped", ["it is another one in WordPress now, and somebody worked on the page here"]
        return None

    def store(self, record, digest, item, key, parent, values, notes):
        """Save the page and its old addresses. Return its ImportedItem."""
        page = record and record.page.specific
        revision = self.save(page, item, parent, values)
        record = record or ImportedItem(source=self.export.base_url[:200], key=key)
        record.page_id, record.digest, record.revision = int(revision.object_id), digest, revision.pk
        record.needs_eyes, record.missing_pictures = notes.reasons, len(notes.missing)
        record.save()
        store_addresses(item, self.export, record.page_id, parent.pk)
        return record

    def save(self, page, item, parent, values):
        """Save the draft of `item`. Return its revision. `page`: the page of an earlier run, or None."""
        terms = values.pop("terms", None)
        values = values | {"body": json.dumps(values["body"])}
        is_new = page is None
        if is_new:
            model = StandardPage if item.type == "page" else StoryPage
            page = model(live=False, slug=fields.read_slug(item, parent), locale=parent.locale)
            group = fields.translation_key(item, self.export.base_url)
            taken = group and model.objects.filter(translation_key=group, locale=parent.locale).exists()
            if group and not taken:
                page.translation_key = group
        for name, value in values.items():
            setattr(page, name, value)
        if terms is not None:
            countries, themes, authors = terms
            page.story_countries = [
                StoryCountry(country_id=each, sort_order=n) for n, each in enumerate(countries)
            ]
            page.story_themes = [StoryTheme(theme_id=each, sort_order=n) for n, each in enumerate(themes)]
            page.story_authors = [StoryAuthor(author_id=each, sort_order=n) for n, each in enumerate(authors)]
        if is_new:
            parent.add_child(instance=page)
        else:
            page.save(clean=False)
        return page.save_revision(clean=False)
