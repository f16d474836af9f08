"""Reads the fields of a page from an item: slug, dates, summary, language, and those for search engines."""

import datetime
import re
import uuid
from urllib.parse import unquote

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_noop as _
from wagtail.coreutils import find_available_slug

from publishing.reserved_slugs import RESERVED_SLUGS
from wordpress_import.markup import parse_html

# The longest summary that a page may have, and the longest slug that is read, in characters.
MAX_SUMMARY = 600
MAX_SLUG = 200
# A variable in a text for search engines: %%title%% of Yoast SEO, %title% of Rank Math.
VARIABLE = re.compile(r"%\w+(\([^)]*\))?%")
# {status of an item: the reason for the editor to look at it, or None}.
STATUSES = {
    "publish": None,
    "draft": _("it was a draft in WordPress"),
    "private": _("it was private in WordPress"),
    "pending": _("it waited for a review in WordPress"),
    "future": _("it was scheduled in WordPress"),
}


def plain(html):
    """Return the text of `html` on one line."""
    return " ".join(parse_html(html).text_content().split()) if html else ""


def status_reasons(item):
    """Return the list of reasons for the editor in the status of `item`."""
    reasons = [STATUSES.get(item.status, [_("its status in WordPress was “%s”"), item.status])]
    if item.has_password:
        reasons.append(_("it had a password in WordPress"))
    return [reason for reason in reasons if reason]


def read_time(text, zone):
    """Return the datetime for `text`, such as "2024-05-06 07:08:09", in the time zone `zone`.

    Return None for "0000-00-00 00:00:00", and for anything else that is no date from 1901 to 9998.
    """
    try:
        found = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None
    # Mistakes such as the years 1 and 9999 would overflow in another time zone.
    return found if 1900 < found.year < 9999 else None


def read_dates(item):
    """Return (date, datetime of the first publication) of `item`. Each may be None.

    The date is that of the old site's time zone. Only published and private posts have been published.
    """
    local = read_time(item.date, timezone.get_default_timezone())
    published = read_time(item.date_gmt, datetime.UTC) or local
    day = (local or published).date() if published else None
    return day, published if item.status in {"publish", "private"} else None


def wanted_slug(item):
    """Return the slug of `item`, or one made of its title or id, whether a page has it already or not."""
    slug = slugify(unquote(item.slug), allow_unicode=True)[:MAX_SLUG]
    return slug or slugify(plain(item.title), allow_unicode=True)[:MAX_SLUG] or f"post-{item.id or 'x'}"


def read_slug(item, parent):
    """Return a slug for the page of `item` that no other page below `parent` has."""
    wanted = wanted_slug(item)
    return find_available_slug(parent, f"{wanted}-1" if wanted in RESERVED_SLUGS else wanted)


def read_summary(item, notes):
    """Return the excerpt of `item` as its summary, shortened to MAX_SUMMARY; "" without an excerpt."""
    text = plain(item.excerpt)
    if not text:
        notes.flag(_("there is no summary"))
    if len(text) <= MAX_SUMMARY:
        return text
    notes.flag(_("the summary is cut, as it was longer than 600 characters"))
    return text[:MAX_SUMMARY].rsplit(" ", 1)[0]


def first_meta(item, *names):
    """Return the first text among the post meta `names`, or "". Those with variables are left out."""
    values = (item.meta.get(name, "") for name in names)
    return next((plain(value) for value in values if value and not VARIABLE.search(value)), "")


def read_metadata(item):
    """Return (dictionary of the fields for search engines, whether they are told not to index the page).

    The plugins Yoast SEO and Rank Math store these in the post meta.
    """
    robots = item.meta.get("rank_math_robots", "")
    is_kept_out = item.meta.get("_yoast_wpseo_meta-robots-noindex") == "1" or "noindex" in robots
    return {
        "search_description": first_meta(item, "_yoast_wpseo_metadesc", "rank_math_description"),
        "seo_title": first_meta(item, "_yoast_wpseo_title", "rank_math_title")[:255],
    }, is_kept_out


def find_language(item, by_path, default):
    """Return the language code of `item`.

    `by_path`: {beginning of a path: language code}. `default`: the code if nothing else is known. The plugin
    Polylang stores the language as a term, and WPML in the post meta.
    """
    codes = [nicename for domain, nicename, _name in item.terms if domain == "language"]
    code = (codes or [item.meta.get("_icl_lang_code", "")])[0]
    if code:
        return re.split("[-_]", code.removeprefix("pll_"))[0].lower()
    path = re.sub(r"^\w+://[^/]+", "", item.link)
    return next((code for start, code in by_path.items() if path.startswith(start)), default)


def translation_key(item, source):
    """Return the UUID that the versions of `item` in several languages share, or None without translations.

    `source`: that of the Export. Polylang stores a term that all versions have.
    """
    groups = [nicename for domain, nicename, _name in item.terms if domain == "post_translations"]
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{source} {groups[0]}") if groups else None
