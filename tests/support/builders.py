"""Functions that create pages, terms, images, documents, users and form data for the tests."""

import datetime
import functools
import io
import itertools
import json

from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import models
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image as PillowImage
from wagtail.fields import StreamField
from wagtail.models import PageViewRestriction
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from home.models import HomePage, StandardPage
from media.cleaning import CleanFile, clean_picture
from media.documents import clean_document
from media.models import CleanDocument, CleanImage
from safeguarding import membership, policies
from safeguarding.models import AnnouncedMember
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Author, Theme

# The inline forms in the form of a story.
FORMSETS = ("story_countries", "story_themes", "story_authors", "story_people", "comments")
# Kinds of fields that make_page_of() fills, besides texts and bodies.
REQUIRED = (models.DateField, models.IntegerField, models.DecimalField, models.FloatField, models.CharField)
numbers = itertools.count(1)  # in titles, dates and user names, so that these differ
# The password of the users that make_user() returns; it passes the password validators.
PASSWORD = "quiet-lantern-road-41"
SOMEBODY = (90, 40, 160)  # the colour of pictures of somebody


def home_page():
    """Return the English home page, which the migrations create."""
    return HomePage.objects.get(locale__language_code="en")


def make_index(parent=None, title="Stories", **fields):
    """Return a new live index page below `parent`.

    Without a parent or title, return the top index "Stories", which is created only once.
    """
    if parent is None and title == "Stories":
        found = StoryIndexPage.objects.filter(slug="stories", depth=3).first()  # below a home page
        if found:
            return found
    fields.setdefault("show_in_menus", parent is None)
    page = StoryIndexPage(title=title, **{"people": "none"} | fields)
    (parent or home_page()).add_child(instance=page)
    return page


def make_story(
    title=None, parent=None, countries=(), themes=(), authors=(), body=None, story_people=(), **fields
):
    """Return a new story, live unless `live=False`.

    `countries`: ISO codes. `themes`, `authors`: names; those that do not exist are created. `body`: the list
    of raw blocks. `story_people`: StoryPersons. `fields`: other fields of StoryPage; by default, no real
    person is described.
    """
    number = next(numbers)
    live = fields.get("live", True)
    if live:  # Without a revision: to make one takes as long as the rest of this function.
        fields = dict.fromkeys(("first_published_at", "last_published_at"), timezone.now()) | fields
    date = datetime.date(2025, 1, 1) + datetime.timedelta(days=number)
    fields = {"people": "none", "summary": f"Summary number {number}.", "date": date} | fields
    if body is None:
        body = [{"type": "text", "value": "<p>Words of the story.</p>"}]
    parent = parent or make_index()
    # Without a locale and a slug, Wagtail would query the database for them.
    if "locale" not in fields:
        fields["locale_id"] = parent.locale_id
    if not title:
        title = f"Story {number}"
        fields.setdefault("slug", slugify(title))
    page = StoryPage(title=title, body=json.dumps(body), **fields)
    rows = {
        "story_countries": [StoryCountry(country_id=code, sort_order=n) for n, code in enumerate(countries)],
        "story_themes": [StoryTheme(theme=make_theme(name), sort_order=n) for n, name in enumerate(themes)],
        "story_authors": [StoryAuthor(author=make_author(n), sort_order=i) for i, n in enumerate(authors)],
        "story_people": story_people,
    }
    for name, values in rows.items():
        if values:  # to save an empty list takes a query
            setattr(page, name, values)
    parent.add_child(instance=page)
    if not live:
        page.save_revision(clean=False)
    return page


def make_plain_page(title, parent=None, **fields):
    """Return a new live plain page below `parent` (the home page if not given)."""
    page = StandardPage(title=title, **{"people": "none"} | fields)
    (parent or home_page()).add_child(instance=page)
    return page


def make_page_of(model, **fields):
    """Return a live page of any type, with what it requires. It is new if there is none, or with `fields`.

    It is below a page that can have it, at an address that ends with the name of the type.
    """
    if not fields and (found := model.objects.first()):
        return found
    parent = make_page_of(model.allowed_parent_page_models()[0])
    fields = {"title": model.__name__, "slug": model.__name__.lower(), "people": "none"} | fields
    for field in model._meta.local_fields:
        if isinstance(field, StreamField):
            fields.setdefault(field.name, json.dumps([{"type": "text", "value": "<p>Words.</p>"}]))
        elif isinstance(field, (models.CharField, models.TextField)) and not field.choices:
            fields.setdefault(field.name, "Words.")
        elif isinstance(field, REQUIRED) and not (field.blank or field.has_default()):
            value = field.choices[0][0] if field.choices else 1
            fields.setdefault(field.name, timezone.now() if isinstance(field, models.DateField) else value)
    return parent.add_child(instance=model(**fields))


def save_with(item, check=True, **fields):
    """Change `fields` of `item`, store it, and return it. `check`: whether a page may refuse to be stored."""
    for name, value in fields.items():
        setattr(item, name, value)
    item.save(**{} if check else {"clean": False})
    return item


def save_draft(page, user=None, **fields):
    """Store the latest version of `page` with other `fields`, unchecked, as a draft of `user`. Return it."""
    draft = type(page).objects.get(pk=page.pk).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(draft, name, value)
    return draft.save_revision(user=user, clean=False, log_action=bool(user))


def make_private(page):
    """Restrict `page` and all pages below it to users who are logged in."""
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    return page


def make_theme(name):
    return Theme.objects.filter(name=name).first() or Theme.objects.create(name=name)


def make_author(name, **fields):
    return Author.objects.filter(name=name).first() or Author.objects.create(name=name, **fields)


@functools.cache
def picture_bytes(width=480, height=320, picture_format="PNG", color=(160, 90, 40)):
    """Return the bytes of an image file in one colour; sizes in pixels."""
    file = io.BytesIO()
    PillowImage.new("RGB", (width, height), color).save(file, picture_format)
    return file.getvalue()


def make_image(title="A picture", name="", size=(480, 320), **fields):
    """Return a new image in the library. It is small by default, as many renditions are made of it.

    `name`: the name of an uploaded file, which is cleaned. Without a name, the file counts as clean, because
    cleaning takes 0.3 s.
    """
    fields.setdefault("shows", CleanImage.Shows.PLACE_OR_THING)
    # With the same file, a picture of a thing would count as relabelled.
    colors = {"color": SOMEBODY} if fields["shows"] in CleanImage.SOMEBODY else {}
    data = picture_bytes(*size, **colors)
    file = clean_picture(ContentFile(data, name=name)) if name else CleanFile(data, ".png")
    return CleanImage.objects.create(title=title, file=file, **fields)


def pictures_block(*images):
    """Return the raw value of a block of pictures with `images`."""
    shown = [{"image": image.pk, "alt_text": "A place", "decorative": False} for image in images]
    return {"type": "pictures", "value": {"pictures": [{"image": each, "caption": ""} for each in shown]}}


def film_block(voice, *speakers):
    """Return the raw value of a link to a film. `voice`: as stored. `speakers`: people who are heard."""
    film = {"kind": "video", "title": "A film", "url": "https://example.org/film", "voice": voice}
    return {"type": "media_link", "value": film | {"speakers": [person.pk for person in speakers]}}


def make_document(title="A document", name="", content=b"Words.", **fields):
    """Return a new document in the library. `name`: as for make_image()."""
    file = clean_document(ContentFile(content, name=name)) if name else CleanFile(content, ".txt")
    return CleanDocument.objects.create(title=title, file=file, **fields)


def make_user(*groups, username=None, email=None, **fields):
    """Return a new user with PASSWORD, in the groups of these names ("Editors", "Moderators").

    A member of the group Safeguarding counts as announced to the others, so names are open.
    """
    name = f"user-{next(numbers)}"
    names = username or name, email or f"{name}@example.org"
    user = get_user_model().objects.create_user(*names, PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    if policies.GROUP in groups:
        announced = [AnnouncedMember(pk=each.pk) for each in membership.unannounced().filter(user=user)]
        AnnouncedMember.objects.bulk_create(announced)
    return user


def client_of(user):
    """Return a new client in which `user`, as stored, is signed in."""
    client = Client()
    client.force_login(get_user_model().objects.get(pk=user.pk))
    return client


def parse(response):
    """Return the HTML of `response` as a BeautifulSoup tree."""
    return BeautifulSoup(response.content, "html.parser")


def text_of(element):
    """Return the text of `element` with single spaces."""
    return " ".join(element.get_text(" ").split())


def story_form(action=None, body=(("text", "<p>Words of the story.</p>"),), **fields):
    """Return the form data that the page editor posts for a story.

    `action`: "publish", "submit", or None to save a draft. `body`: (block type, value) pairs.
    """
    data = {"title": "A new story", "slug": "a-new-story", "date": "2025-03-14", "people": "none"}
    data |= dict.fromkeys(("lead_image", "lead_image_alt", "seo_title", "search_description"), "")
    data |= {"summary": "What it is about.", "go_live_at": "", "expire_at": ""}
    data |= dict.fromkeys(FORMSETS, inline_formset([]))
    data["body"] = streamfield([(kind, rich_text(v) if kind == "text" else v) for kind, v in body])
    # A field with several values, which nested_form_data() would make into several fields.
    chosen = {"content_notes": fields.pop("content_notes", [])}
    return nested_form_data(data | fields) | chosen | ({f"action-{action}": "1"} if action else {})


def check_story_form(action=None, story=None, **fields):
    """Return the form of a story with `fields` after its validation, as the page editor makes it.

    `action`: "publish", "submit", or None to save a draft. `story`: None for a new one.
    """
    form_class = StoryPage.get_edit_handler().get_form_class()
    data, parent = story_form(action, **fields), story.get_parent() if story else make_index()
    form = form_class(data, instance=story or StoryPage(), parent_page=parent, for_user=None)
    if action is None:
        form.defer_required_fields()
    form.is_valid()
    return form
