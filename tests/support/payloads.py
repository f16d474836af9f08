"""Fills every text in the database with scripts, without validation, to test that all output is escaped.

The fields are found in the models and in their blocks, so a new text field is filled without a change here. A
script that runs calls `_p(7)`, for example; `ScriptFiller.places[7]` is the field that it came from.
"""

from itertools import count
from pathlib import Path

from django.apps import apps
from django.db import models
from django.utils.dateparse import parse_datetime
from wagtail import blocks
from wagtail.blocks.stream_block import StreamValue
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.fields import RichTextField, StreamField

# {n} is the number of the script. The first one runs both in a text and in an attribute of a page. A field
# that has no room for it gets no script.
PAYLOADS = Path(__file__).with_suffix(".txt").read_text().splitlines()
SCHEMES = ["javascript:_p({n})//", "JaVaScRiPt:_p({n})//", " javascript:_p({n})//", "vbscript:_p({n})//"]
SCHEMES += ["java\tscript:_p({n})//", "\x01javascript:_p({n})//"]
SCHEMES.append("data:text/html,<script>parent._p({n})</script>")
# A rich text as it is stored. {all} is BALANCED or all of PAYLOADS, {scheme} one of SCHEMES.
RICH = (
    '<h3 onclick="_p({n})">Wages</h3><p onmouseover="_p({n})" style="x">of <b id="_p({n})">wages</b></p>'
    '<ul><li>{all}</li></ul><a href="{scheme}">wages</a> <a linktype="page" id="0" title="{scheme}">wages</a>'
    '<embed embedtype="x" url="{scheme}"/><!-- {all} --><p>{all}</p>'
)
# Scripts with balanced tags, because the admin's rich text editor fails on others.
BALANCED = (
    "<script>_p({n})</script><svg onload=_p({n})></svg><img src=x onerror=_p({n}) /><b onclick=_p({n})>b</b>"
    "<iframe srcdoc='<script>parent._p({n})</script>'></iframe>&lt;svg onload=_p({n})&gt;"
)
MIN_LENGTH = len(PAYLOADS[0].format(n=""))
# A word that the tests search for, and the least length of a field that gets it in addition to a script.
WORD, MIN_LENGTH_FOR_WORD = "wages ", 80

# Fields that only code reads. With scripts in them the pages would fail.
FIELDS_WITHOUT_TEXT = {
    "accounts.Passkey.credential_id", "action", "app_label", "codename", "content_path",
    "contentpath", "current_time_zone", "file_hash", "filter_spec", "focal_point_key", "hostname",
    "key", "language_code", "model", "model_path", "object_id", "password", "path", "position",
    "preferred_language", "restriction_type", "safeguarding.Contributor.proposal",
    *(f"safeguarding.Reading.{each}" for each in ("answers", "code", "digest", "language", "token")),
    "safeguarding.Restriction.limits", "safeguarding.Withdrawal.asked",
    "safeguarding.Withdrawal.counts", "safeguarding.WithdrawalTask.data",
    "safeguarding.WithdrawalTask.step", "status", "to_object_id", "url_path",
    "wagtailcore.Page.slug", "wagtailcore.Revision.content", "wagtailusers.UserProfile.contrast",
    "wagtailusers.UserProfile.density", "wagtailusers.UserProfile.dismissibles",
    "wagtailusers.UserProfile.theme",
}  # fmt: skip
# Models that no page shows, that have no rows, or that are filled from other models (the search index).
MODELS_WITHOUT_TEXT = {
    "accounts.LoginAttempt", "otp_static.StaticDevice", "otp_static.StaticToken",
    "otp_totp.TOTPDevice", "safeguarding.Fingerprint", "safeguarding.KeyCheck",
    "safeguarding.Ledger", "safeguarding.StopCode", "sessions.Session", "wagtailadmin.FormState",
    "wagtailcore.APIToken", "wagtaildocs.Document", "wagtailimages.Image",
    "wagtailsearch.IndexEntry", "wagtailsearch.SQLiteFTSIndexEntry",
    "wordpress_import.ImportedFile", "wordpress_import.ImportedItem",
}  # fmt: skip
TEXTS = (models.CharField, models.TextField, models.JSONField, StreamField)


def text_fields():
    """Yield (model, its text fields), without FIELDS_WITHOUT_TEXT and MODELS_WITHOUT_TEXT."""
    for model in apps.get_models():
        label, fields = model._meta.label, model._meta.local_fields
        texts = [each for each in fields if isinstance(each, TEXTS) and not each.primary_key]
        fields = [each for each in texts if not {each.name, f"{label}.{each.name}"} & FIELDS_WITHOUT_TEXT]
        if fields and label not in MODELS_WITHOUT_TEXT:
            yield model, fields


def text_blocks(block, path):
    """Yield the path of every block in `block` that has text."""
    if isinstance(block, TypedTableBlock):
        yield from (f"{path}.caption", f"{path}.heading")
    for name, child in getattr(block, "child_blocks", {}).items():
        yield from text_blocks(child, f"{path}.{name}")
    if child := getattr(block, "child_block", None):
        yield from text_blocks(child, f"{path}[]")
    if isinstance(block, TEXT_BLOCKS):
        yield path


TEXT_BLOCKS = (
    *(blocks.CharBlock, blocks.TextBlock, blocks.RichTextBlock, blocks.URLBlock, blocks.EmailBlock),
    *(blocks.RegexBlock, blocks.RawHTMLBlock, blocks.BlockQuoteBlock, blocks.ChoiceBlock),
)


class ScriptFiller:
    """Fills text fields with scripts.

    `places`: {number: field or path of the block}. The number is in the script, unless the field kept a valid
    choice.
    `turn`: the text with the number n begins with the payload at the index n + `turn`. Each text begins with
    the next payload, because most have no room for all.
    `is_balanced`: whether rich text has only balanced tags, so that the admin's editor opens it.
    `kept`: a word; a row that has it in one of its own texts is not filled.
    """

    def __init__(self, turn):
        self.places, self.numbers, self.choices = {}, count(1), count()
        self.turn, self.is_balanced, self.kept = turn, True, None

    def fill(self, base=models.Model):
        """Fill every text of every row of the models that are subclasses of `base` once."""
        self.choices = count(self.turn * 2)
        for model, fields in text_fields():
            for row in model._base_manager.order_by("pk") if issubclass(model, base) else ():
                values = {} if self.keeps(row) else {each.name: self.value_of(row, each) for each in fields}
                known = {name: value for name, value in values.items() if value is not None}
                if known:
                    model._base_manager.filter(pk=row.pk).update(**known)

    def keeps(self, row):
        """Return whether `row` is not filled, because it has the word `kept`."""
        if not self.kept:
            return False
        texts = [field.name for field in row._meta.fields if isinstance(field, TEXTS[:2])]
        return any(self.kept in (getattr(row, name) or "") for name in texts)

    def value_of(self, row, field):
        """Return a new value for `field` of `row`, or None to leave it as it is."""
        place, value = f"{row._meta.label}.{field.name}", getattr(row, field.name)
        if isinstance(field, StreamField):
            raw = self.block(field.stream_block, list(value.raw_data), place)
            return StreamValue(field.stream_block, raw, is_lazy=True)
        if isinstance(field, RichTextField):
            return self.rich(place)
        if isinstance(field, models.JSONField):
            return self.leaves(value, place)
        if isinstance(field, models.URLField):
            return self.address(place, field.max_length)
        if field.choices or isinstance(field, models.SlugField):
            return self.choice(place, value, field.max_length)
        return self.text(place, field.max_length)

    def number(self, place):
        number = next(self.numbers)
        self.places[number] = place
        return number

    def scripts(self, number, room=None):
        """Return as many scripts as fit into `room` characters; at least the first, without a number.

        The first of PAYLOADS is always one of the first two here, because many of the others run only in
        attributes or scripts, and ten of these in a row leave no room for one that runs in a text of a page.
        """
        start = (number + self.turn) % len(PAYLOADS)
        found = ""
        for script in [PAYLOADS[start], PAYLOADS[0], *PAYLOADS[start + 1 :], *PAYLOADS[1:start]]:
            longer = found + script.format(n=number)
            if room is None or len(longer) <= room:
                found = longer
        return found or PAYLOADS[0].format(n="")

    def text(self, place, room):
        if room is not None and room < MIN_LENGTH:
            return None
        word = WORD if room is None or room >= MIN_LENGTH_FOR_WORD else ""
        return word + self.scripts(self.number(place), room and room - len(word))

    def choice(self, place, value, room):
        """Return scripts for two of four fields with choices or slugs, and the valid `value` for the others.

        Pages need some valid values. Every `fill` leaves the same fields; the next `turn` leaves the others.
        """
        number, is_filled = self.number(place), next(self.choices) // 2 % 2
        return self.scripts(number, room) if is_filled and (room is None or room >= MIN_LENGTH) else value

    def address(self, place, room=None):
        number = self.number(place)
        scheme = SCHEMES[(number + self.turn) % len(SCHEMES)].format(n=number)
        return scheme + self.scripts(number, room and room - len(scheme))

    def rich(self, place):
        number = self.number(place)
        # As the editor writes an attribute.
        scheme = SCHEMES[(number + self.turn) % len(SCHEMES)].format(n=number).replace("<", "&lt;")
        scripts = BALANCED.format(n=number) if self.is_balanced else self.scripts(number)
        return RICH.format(n=number, all=scripts, scheme=scheme)

    def leaves(self, value, place):
        """Return the JSON `value` with scripts in every text but the times, which Wagtail's log parses."""
        if isinstance(value, dict):
            return {key: self.leaves(each, place) for key, each in value.items()}
        if isinstance(value, list):
            return [self.leaves(each, place) for each in value]
        return self.text(place, None) if isinstance(value, str) and not parse_datetime(value) else value

    def block(self, block, raw, place):
        """Return `raw`, the stored value of `block`, with scripts in every text."""
        if isinstance(block, blocks.StreamBlock):
            return [item | {"value": self.child(block, item["type"], item["value"], place)} for item in raw]
        if isinstance(block, blocks.ListBlock):
            stored = [item.get("value", item) if isinstance(item, dict) else item for item in raw]
            return [self.block(block.child_block, item, f"{place}[]") for item in stored]
        if isinstance(block, TypedTableBlock):
            return self.table(block, raw, place)
        if isinstance(block, blocks.BaseStructBlock):
            raw = raw or {}
            return raw | {name: self.child(block, name, raw.get(name), place) for name in block.child_blocks}
        return self.leaf(block, raw, place)

    def child(self, block, kind, raw, place):
        return self.block(block.child_blocks[kind], raw, f"{place}.{kind}")

    def table(self, block, raw, place):
        columns = [column | {"heading": self.text(f"{place}.heading", None)} for column in raw["columns"]]
        kinds = [column["type"] for column in columns]
        rows = [
            {"values": [self.child(block, *each, place) for each in zip(kinds, row["values"], strict=True)]}
            for row in raw["rows"]
        ]
        return {"caption": self.text(f"{place}.caption", None), "columns": columns, "rows": rows}

    def leaf(self, block, raw, place):
        if not isinstance(block, TEXT_BLOCKS):
            return raw
        if isinstance(block, blocks.RichTextBlock):
            return self.rich(place)
        if isinstance(block, blocks.URLBlock):
            return self.address(place)
        if isinstance(block, blocks.ChoiceBlock):
            return self.choice(place, raw, None)
        return self.text(place, None)  # Only forms check the length.
