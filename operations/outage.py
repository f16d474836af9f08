"""Writes the outage page, which visitors get after an error and while the database does not respond.

It is a file in the data folder with the phone numbers of help lines. `prepare` and the scheduler write it.
"""

import re
import secrets
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from wagtail.models import Site

from caching.outage import page_file
from home.models import HomePage, SiteSettings
from publishing.visibility import published_pages


def write_page():
    """Write the outage page with the current help lines, those of the default language first.

    Return its path, or None if there is no site yet. Raises OSError if the file can't be written.
    """
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return None
    versions = HomePage.objects.filter(translation_key=site.root_page.translation_key)
    versions = versions.filter(pk__in=published_pages())
    help_pages = published_pages().filter(pk__in=versions.values("help_page")).specific()
    style = Path(finders.find("css/site.css")).read_text(encoding="utf-8")
    context = {
        "homes": sorted(versions.select_related("locale"), key=lambda home: home.pk != site.root_page_id),
        "helplines": [(page.pk, block) for page in help_pages for block in page.find_helplines()],
        "site": SiteSettings.read(site),
        # Without the typeface, a file that this page can't load, and those that are fitted to it.
        "style": re.sub(r"@font-face \{.*?\}", "", style, flags=re.DOTALL),
    }
    (path := page_file()).parent.mkdir(exist_ok=True)
    # Renaming replaces the file at once, so that nobody gets half of it. The name is random, because several
    # processes may write the page at the same time.
    new = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        new.write_text(render_to_string("maintenance.html", context), encoding="utf-8")
        return new.replace(path)
    finally:
        new.unlink(missing_ok=True)
