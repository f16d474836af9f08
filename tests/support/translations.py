"""Functions that create versions of pages in other languages."""

import datetime

from wagtail.models import Locale

from home.models import HomePage
from tests.support import builders


def make_home(language, title=None):
    """Return a new live home page in `language`, a translation of the English one."""
    english = builders.home_page()
    texts = {"title": title or f"Home {language}", "headline": title or f"Headline {language}"}
    locale = Locale.objects.get_or_create(language_code=language)[0]
    place = {"slug": language, "locale": locale, "translation_key": english.translation_key}
    return english.get_parent().add_child(instance=HomePage(**texts, **place, people="none"))


def make_translation(page, parent, **fields):
    """Return a new live translation of `page` below `parent`, in the language of `parent`."""
    common = {"translation_key": page.translation_key, "locale": parent.locale, "people": page.people}
    title = f"{page.title} {parent.locale.language_code}"
    return parent.add_child(instance=type(page)(**common | {"title": title} | fields))


def make_index_in(language, title=None, slug="stories"):
    """Return a translation of the story index into `language`, below a new home page with the same title."""
    title = title or f"Stories {language}"
    index, home = builders.make_index(), make_home(language, title)
    return make_translation(index, home, title=title, slug=slug, show_in_menus=True)


def make_pair(language="fr", **fields):
    """Return a story in English and its translation into `language`, with home page and index.

    `fields`: those of the translation that differ. Its slug and that of its index are not the English ones.
    """
    index = make_index_in(language, slug="list")
    story = builders.make_story("A story", countries=["SN"], date=datetime.date(2025, 10, 1))
    key = {"translation_key": story.translation_key, "locale": index.locale}
    fields = {"countries": ["SN"], "date": story.date, "slug": "one", **key} | fields
    return story, builders.make_story("Une histoire", parent=index, **fields)
