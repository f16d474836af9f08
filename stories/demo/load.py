"""Builds the demonstration's stories, with all that they need, from the files beside this one."""

import io
import json
import tomllib
from pathlib import Path

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from stories.demo import pictures
from stories.models import (
    StoryAuthor,
    StoryCountry,
    StoryIndexPage,
    StoryPage,
    StoryTheme,
)
from stories.terms import Author, Theme

FOLDER = Path(__file__).parent
CREDIT = "Drawn for this site"
# The other .toml files are stories.
LISTS = {"themes", "authors", "sections"}


def read(path):
    """Return the content of a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def story_slugs():
    """Return the slugs of the demonstration's stories."""
    return sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem not in LISTS)


class Library:
    """The pictures and documents of the demonstration, each made when it is first asked for."""

    def __init__(self):
        self._pictures, self._documents = {}, {}

    def picture(self, name):
        if name not in self._pictures:
            drawn = io.BytesIO()
            pictures.draw(name).save(drawn, "PNG")
            Image = get_image_model()
            self._pictures[name] = Image.objects.create(
                title=name.replace("-", " ").capitalize(),
                file=ContentFile(drawn.getvalue(), name=f"{name}.png"),
                shows=Image.Shows.ILLUSTRATION,
                credit=CREDIT,
            )
        return self._pictures[name]

    def document(self, file_name, title):
        if file_name not in self._documents:
            content = ContentFile((FOLDER / "documents" / file_name).read_bytes(), name=file_name)
            Document = get_document_model()
            self._documents[file_name] = Document.objects.create(title=title, file=content)
        return self._documents[file_name]


class BodyBuilder:
    """Turns the blocks of a TOML file into the raw data of a StreamField."""

    def __init__(self, library):
        self.library = library

    def build(self, blocks):
        """Return the JSON of a body; `blocks` are tables with a `type` and the fields of its block."""
        return json.dumps([{"type": block["type"], "value": self._value(dict(block))} for block in blocks])

    def _value(self, block):
        build = getattr(self, f"_{block.pop('type')}", None)
        return build(block) if build else block

    def _text(self, block):
        return block["value"]

    def _heading(self, block):
        return block | {"level": str(block["level"])}

    def _pictures(self, block):
        return {"pictures": [self._picture(picture) for picture in block["pictures"]]}

    def _picture(self, picture):
        image = self.library.picture(picture["picture"])
        return {
            "image": {"image": image.pk, "alt_text": picture["alt"], "decorative": False},
            "caption": picture.get("caption", ""),
        }

    def _document(self, block):
        return {
            "document": self.library.document(block["file"], block["title"]).pk,
            "title": block["title"],
        }

    def _action(self, block):
        slug, address = block.pop("page", None), block.pop("address", None)
        page = Page.objects.get(slug=slug, depth__gt=2).pk if slug else None
        return block | {"page": page, "url": address}

    def _chosen_stories(self, block):
        return block | {"stories": [StoryPage.objects.get(slug=slug).pk for slug in block["stories"]]}

    def _table(self, block):
        return {
            "caption": block["caption"],
            "columns": [{"type": "text", "heading": heading} for heading in block["header"]],
            "rows": [{"values": row} for row in block["rows"]],
        }


def publish(page):
    """Make `page` live the way an editor does, with a revision in its history."""
    page.save_revision().publish()


def add_index(home, library):
    """Add the index with its sections and stories below `home`; the bodies come with add_bodies."""
    index = StoryIndexPage(title="Stories", slug="stories", show_in_menus=True)
    home.add_child(instance=index)
    sections = {}
    for section in read(FOLDER / "sections.toml")["sections"]:
        page = StoryIndexPage(
            title=section["title"],
            slug=section["slug"],
            introduction=f"<p>{section['introduction']}</p>",
        )
        sections[section["slug"]] = index.add_child(instance=page)
    themes = {
        theme["slug"]: Theme.objects.create(**theme) for theme in read(FOLDER / "themes.toml")["themes"]
    }
    authors = {
        author.pop("key"): Author.objects.create(**author)
        for author in read(FOLDER / "authors.toml")["authors"]
    }
    for slug in story_slugs():
        _add_story(read(FOLDER / f"{slug}.toml"), sections, themes, authors, library)


def _add_story(story, sections, themes, authors, library):
    page = StoryPage(
        live=False,
        **{name: story[name] for name in ("title", "slug", "summary", "date", "content_notes")},
        show_contents=story.get("show_contents", False),
        lead_image=library.picture(story["picture"]),
        lead_image_alt=story["picture_alt"],
    )
    page.story_countries = [
        StoryCountry(country_id=code, sort_order=n) for n, code in enumerate(story["countries"])
    ]
    page.story_themes = [
        StoryTheme(theme=themes[slug], sort_order=n) for n, slug in enumerate(story["themes"])
    ]
    page.story_authors = [StoryAuthor(author=authors[story["author"]])]
    sections[story["section"]].add_child(instance=page)


def add_bodies(library):
    """Give each story its body and publish it; the pages that the bodies link to must be there."""
    builder = BodyBuilder(library)
    for slug in story_slugs():
        page = StoryPage.objects.get(slug=slug)
        page.body = builder.build(read(FOLDER / f"{slug}.toml")["body"])
        publish(page)
