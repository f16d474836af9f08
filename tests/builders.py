"""Small functions that build what tests need, in the real page tree."""

import datetime
import functools
import io
import itertools
import json
from contextlib import contextmanager

from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db.models.signals import post_save
from django.utils import timezone
from modelsearch.signal_handlers import post_save_signal_handler
from PIL import Image as PillowImage
from wagtail.models import PageViewRestriction, ReferenceIndex
from wagtail.search import index
from wagtail.signal_handlers import disable_reference_index_auto_update
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from home.models import HomePage, StandardPage
from media.models import CleanDocument, CleanImage
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Author, Theme

numbers = itertools.count(1)
# Not as short as to be refused, and the same for everybody in the tests.
PASSWORD = "quiet-lantern-road-41"


def home_page():
    """Return the English home page that the migrations made."""
    return HomePage.objects.get(locale__language_code="en")


def make_index(parent=None, title="Stories", **fields):
    """Return a new live index below `parent`, or the top index with the slug "stories"."""
    if parent is None:
        found = StoryIndexPage.objects.filter(slug="stories", depth=3).first()
        if found and title == "Stories":
            return found
    fields.setdefault("show_in_menus", parent is None)
    page = StoryIndexPage(title=title, **fields)
    (parent or home_page()).add_child(instance=page)
    return page


def make_story(title=None, parent=None, countries=(), themes=(), authors=(), body=None, **fields):
    """Return a new story, live unless told otherwise, filed under ISO codes and names of themes."""
    number = next(numbers)
    live = fields.get("live", True)
    if live:  # published without a revision, which takes as long as the rest
        now = timezone.now()
        fields = {"first_published_at": now, "last_published_at": now} | fields
    fields.setdefault("summary", f"Summary number {number}.")
    fields.setdefault("date", datetime.date(2025, 1, 1) + datetime.timedelta(days=number))
    if body is None:
        body = [{"type": "text", "value": "<p>Words of the story.</p>"}]
    page = StoryPage(title=title or f"Story {number}", body=json.dumps(body), **fields)
    page.story_countries = [StoryCountry(country_id=code, sort_order=n) for n, code in enumerate(countries)]
    page.story_themes = [StoryTheme(theme=make_theme(name), sort_order=n) for n, name in enumerate(themes)]
    page.story_authors = [
        StoryAuthor(author=make_author(name), sort_order=n) for n, name in enumerate(authors)
    ]
    parent = parent or make_index()
    with indexed_once(page):
        parent.add_child(instance=page)
    if not live:
        page.save_revision(clean=False)
    return page


@contextmanager
def indexed_once(page):
    """Write what `page` refers to, and its words for the search, only when all of it is stored."""
    post_save.disconnect(post_save_signal_handler, sender=type(page))
    try:
        with disable_reference_index_auto_update():
            yield
    finally:
        post_save.connect(post_save_signal_handler, sender=type(page))
    ReferenceIndex.create_or_update_for_object(page)
    index.insert_or_update_object(page)


def make_plain_page(title, parent=None, **fields):
    """Return a new live plain page below `parent` (the home page if not given)."""
    page = StandardPage(title=title, **fields)
    (parent or home_page()).add_child(instance=page)
    return page


def make_private(page):
    """Let only those who log in see `page` and all below it."""
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    return page


def make_theme(name):
    theme = Theme.objects.filter(name=name).first()
    return theme or Theme.objects.create(name=name)


def make_author(name, **fields):
    author = Author.objects.filter(name=name).first()
    return author or Author.objects.create(name=name, **fields)


@functools.cache
def picture_bytes(width=480, height=320, picture_format="PNG", color=(160, 90, 40)):
    """Return the bytes of a plain picture."""
    file = io.BytesIO()
    PillowImage.new("RGB", (width, height), color).save(file, picture_format)
    return file.getvalue()


def make_image(title="A picture", name="Real Name.png", size=(480, 320), **fields):
    """Return a new picture in the library: a small one, as many sizes are made of it."""
    fields.setdefault("shows", CleanImage.Shows.PLACE_OR_THING)
    return CleanImage.objects.create(title=title, file=ContentFile(picture_bytes(*size), name=name), **fields)


def make_document(title="A document", name="real-name.txt", content=b"Words."):
    return CleanDocument.objects.create(title=title, file=ContentFile(content, name=name))


def make_user(*groups, username=None, **fields):
    """Return a user who can log in with PASSWORD, in the named groups ("Editors", "Moderators")."""
    number = next(numbers)
    user = get_user_model().objects.create_user(
        username or f"user-{number}", f"user-{number}@example.org", PASSWORD, **fields
    )
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def parse(response):
    """Return the HTML of `response` as a tree to select from."""
    return BeautifulSoup(response.content, "html.parser")


def story_form(action=None, body=(("text", "<p>Words of the story.</p>"),), **fields):
    """Return what the page editor sends for a story; `action`: "publish", "submit", or None to save."""
    empty = inline_formset([])
    data = {
        "title": "A new story",
        "slug": "a-new-story",
        "summary": "What it is about.",
        "date": "2025-03-14",
        "lead_image": "",
        "lead_image_alt": "",
        "seo_title": "",
        "search_description": "",
        "go_live_at": "",
        "expire_at": "",
        "story_countries": empty,
        "story_themes": empty,
        "story_authors": empty,
        "comments": empty,
        "body": streamfield([(kind, rich_text(v) if kind == "text" else v) for kind, v in body]),
    }
    chosen = {"content_notes": fields.pop("content_notes", [])}
    return nested_form_data(data | fields) | chosen | ({f"action-{action}": "1"} if action else {})
