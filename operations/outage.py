"""What visitors get while the database is away: a page with the help lines, which needs only a file."""

import sys
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.signals import post_delete, post_save
from django.template.loader import render_to_string
from django.views.defaults import server_error as defaults_server_error
from wagtail.models import Site
from wagtail.signals import page_published, page_unpublished

from caching.outage import outage_page, page_file
from home.models import HomePage, SiteSettings
from operations.full_disk import is_no_room, no_room_page
from publishing.visibility import published_pages


def write_page():
    """Write the page with the help lines of today, those of the site's own language first.

    Returns its path; None when there is no site yet. Raises OSError when it can't be written.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return None
    versions = HomePage.objects.filter(
        pk__in=published_pages(), translation_key=site.root_page.translation_key
    )
    context = {
        "homes": sorted(versions.select_related("locale"), key=lambda home: home.pk != site.root_page_id),
        "site": SiteSettings.for_site(site),
        "style": Path(finders.find("css/site.css")).read_text(encoding="utf-8"),
    }
    path = page_file()
    # Nobody is ever shown half of it.
    new = path.with_suffix(".new")
    new.write_text(render_to_string("maintenance.html", context), encoding="utf-8")
    return new.replace(path)


def server_error(request):
    """Answer a request that failed: for want of room, or of the database, with pages of their own."""
    if is_no_room(sys.exception()):
        return no_room_page()
    if isinstance(sys.exception(), (InterfaceError, OperationalError)):
        return outage_page()
    return defaults_server_error(request)


# --- Keeping it up to date -----------------------------------------------------------------------


def renew_page(sender, **_arguments):
    if issubclass(sender, (HomePage, SiteSettings)):
        transaction.on_commit(write_page, robust=True)


def start():
    for signal in [post_save, post_delete]:
        signal.connect(renew_page, sender=SiteSettings, dispatch_uid="outage")
    for signal in [page_published, page_unpublished]:
        signal.connect(renew_page, dispatch_uid="outage")
