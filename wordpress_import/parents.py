"""Finds the parent for the page of an item, by its language and type."""

from django.conf import settings

from home.models import HomePage
from publishing.trash import in_trash
from stories.models import StoryIndexPage
from stories.querysets import TOP_INDEX_DEPTH
from wordpress_import.fields import find_language
from wordpress_import.sources import ExportError


class NoPlaceError(Exception):
    """Raised if there is no parent for the page of an item. Its text gives the reason."""


def find_parent(wanted):
    """Return the StoryIndexPage `wanted`: a primary key or path as a string, or None.

    None stands for the first one right below the home page, in the site's first language. Raises ExportError
    if there is none.
    """
    pages = StoryIndexPage.objects.exclude(in_trash()).order_by("depth", "path")
    if not wanted:
        page = pages.filter(locale__language_code=settings.LANGUAGE_CODE, depth=TOP_INDEX_DEPTH).first()
    elif wanted.isdigit():
        page = pages.filter(pk=wanted).first()
    else:
        page = pages.filter(url_path__endswith=f"/{wanted.strip('/')}/").first()
    if page is None:
        raise ExportError("There is no section for stories here. Make one, and name it with --parent.")
    return page


class ParentFinder:
    """Finds parents: sections for stories, and home pages for other pages.

    `parent`: a StoryIndexPage. Its translations are the sections of the other languages. `by_path`:
    {beginning of a path: language code}.
    """

    def __init__(self, parent, by_path):
        self.by_path = by_path
        self.default = parent.locale.language_code
        # A page below one in the trash would be deleted with it.
        sections = StoryIndexPage.objects.exclude(in_trash()).select_related("locale")
        versions = sections.filter(translation_key=parent.translation_key)
        self.sections = {page.locale.language_code: page for page in versions}
        homes = HomePage.objects.exclude(in_trash()).select_related("locale")
        self.homes = {page.locale.language_code: page for page in homes}

    def find(self, item):
        """Return the parent for the page of `item`. Raises NoPlaceError if there is none."""
        language = find_language(item, self.by_path, self.default)
        pages = self.homes if item.type == "page" else self.sections
        if language not in dict(settings.LANGUAGES):
            raise NoPlaceError(f"this site has no pages in its language, “{language}”")
        if language not in pages and item.type == "page":
            raise NoPlaceError(f"there is no home page in its language, “{language}”, yet")
        if language not in pages:
            raise NoPlaceError(f"the section for stories has no version in its language, “{language}”, yet")
        # Its place in the tree, its address and its number of children may have changed since the last item.
        pages[language].refresh_from_db(fields=["path", "depth", "numchild", "url_path"])
        return pages[language]
