"""The outage page, which visitors get while the database does not respond, or can't do what they ask.

It is a file in the data folder with the phone numbers of help lines, and is written in advance.
"""

import re
import secrets
import sys
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import OperationalError, transaction
from django.db.models.signals import post_delete, post_save
from django.template.loader import render_to_string
from django.views.defaults import server_error as defaults_server_error
from wagtail.models import PageViewRestriction, Site
from wagtail.signals import page_published, page_unpublished

from caching.outage import outage_page, page_file
from home.models import HomePage, SiteSettings
from operations.full_disk import disk_full_page, is_disk_full
from operations.lost_connection import is_connection_lost
from publishing.visibility import published_pages
from safeguarding.models import Contributor
from safeguarding.releases import people_changed

# PostgreSQL's codes for a statement that would write to a read-only database, or as a user who may not write.
# SQLite's error is an OperationalError.
READ_ONLY_CODES = {"25006", "42501"}


def write_page():
    """Write the outage page with the current help lines, those of the default language first.

    Return its path, or None if there is no site yet. Raises OSError if the file can't be written.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return None
    versions = HomePage.objects.filter(
        pk__in=published_pages(), translation_key=site.root_page.translation_key
    )
    style = Path(finders.find("css/site.css")).read_text(encoding="utf-8")
    context = {
        "homes": sorted(versions.select_related("locale"), key=lambda home: home.pk != site.root_page_id),
        "site": SiteSettings.for_site(site),
        # Without the typeface, a file that this page can't load, and the Georgia that is fitted to it.
        "style": re.sub(r"@font-face \{.*?\}", "", style, flags=re.DOTALL),
    }
    path = page_file()
    # Renaming replaces the file at once, so that nobody gets half of it. The name is random, because several
    # processes may write the page at the same time.
    new = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        new.write_text(render_to_string("maintenance.html", context), encoding="utf-8")
        return new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def server_error(request):
    """View for status 500 (handler500).

    A full disk has a page of its own. After a statement that took too long, a deadlock of one query, or where
    a read-only database can't do what is asked, visitors get the outage page too. But only a lost connection
    counts as an outage, in which the page cache makes no pages.
    """
    error = sys.exception()
    if is_disk_full(error):
        return disk_full_page()
    if is_connection_lost(error):
        return outage_page()
    code = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    if code in READ_ONLY_CODES or isinstance(error, OperationalError):
        return outage_page(is_outage=False)
    return defaults_server_error(request)


# --- Keeping it up to date -----------------------------------------------------------------------


def rewrite_page(sender, **_arguments):
    """Signal receiver: write the page again after a change to what it shows, or to what may be shown."""
    if issubclass(sender, (HomePage, PageViewRestriction, SiteSettings, Contributor)):
        transaction.on_commit(write_page, robust=True)


def connect_signals():
    for signal in [post_save, post_delete]:
        for model in [SiteSettings, PageViewRestriction]:
            signal.connect(rewrite_page, sender=model, dispatch_uid="outage")
    for signal in [page_published, page_unpublished, people_changed]:
        signal.connect(rewrite_page, dispatch_uid="outage")
