"""Adds the demo's stories to the site, with their index, themes, authors, people, images and documents.

The texts come from the files beside this module: a .toml file for each story, and those of LIST_FILES.

Most keys in the file of a story are fields of StoryPage. These name something else:

    section, themes: slugs in sections.toml and themes.toml
    countries: ISO codes
    author: a `key` in authors.toml
    content_notes: values of ContentNote in stories/content_notes.py
    picture, picture_alt: the lead picture, a file in pictures/ without its suffix, and its alternative text
    decision: the Decision about the person in it, which lasts as long as the consent
    live: false for a draft that was never published
    is_seen: false for a story whose answer about people waits for the safeguarding team
    draft: the fields that differ in the draft that waits for moderators

A [[body]] is a block: its `type` in StoryBody, and the fields of that block. For example, `own_words` of a
quote tells whether a survivor said exactly this. The methods of BodyBuilder show where the fields differ.
"""

import json
import tomllib
from pathlib import Path

from wagtail.models import Page

from media.cleaning import clean_picture
from media.documents import clean_document
from media.models import FOCAL_POINT, CleanDocument, CleanImage
from publishing.people import People
from safeguarding import decisions, writers
from stories.demo import people
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryPerson, StoryTheme
from stories.terms import Author, Theme

DEMO_DIR = Path(__file__).parent
PICTURES = DEMO_DIR / "pictures"  # drawn by tests/demo_pictures
CREDIT = "Lantern Road"  # the invented organisation of the demo
# The .toml files, without their suffix, that are not stories.
LIST_FILES = {"themes", "authors", "sections", "people"}
# Keys in the file of a story whose values go into the fields of these names as they are.
PLAIN_FIELDS = ("title", "slug", "summary", "date", "content_notes", "show_contents")


def read_toml(path):
    """Return the content of the TOML file at `path`, a dict."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_rows(name):
    """Return the rows in the file of LIST_FILES with this `name`."""
    return read_toml(DEMO_DIR / f"{name}.toml")[name]


def get_story_slugs():
    """Return the slugs of the demo's stories, which are the names of their files, in alphabetical order."""
    return sorted(path.stem for path in DEMO_DIR.glob("*.toml") if path.stem not in LIST_FILES)


class DemoMedia:
    """The demo's images and documents. Each is added to the site when a method first asks for it."""

    def __init__(self):
        self._images, self._documents = {}, {}
        self._focal_points = read_toml(PICTURES / "focal_points.toml")

    def get_image(self, name, alt):
        """Return the image of the file `name` in pictures/.

        `alt`: the alternative text of its first use, which becomes that of the library.
        """
        if name not in self._images:
            with (PICTURES / f"{name}.webp").open("rb") as file:
                content = clean_picture(file)
            self._images[name] = CleanImage.objects.create(
                title=name.replace("-", " ").capitalize(),
                file=content,
                shows=CleanImage.Shows.ILLUSTRATION,
                description=alt,
                credit=CREDIT,
                **dict(zip(FOCAL_POINT, self._focal_points.get(name, ()), strict=False)),
            )
        return self._images[name]

    def get_document(self, file_name, title):
        """Return the document made of the file `file_name` in documents/; `title` is for its first use."""
        if file_name not in self._documents:
            with (DEMO_DIR / "documents" / file_name).open("rb") as file:
                content = clean_document(file)
            self._documents[file_name] = CleanDocument.objects.create(title=title, file=content)
        return self._documents[file_name]


class BodyBuilder:
    """Turns the blocks of a TOML file into the JSON of a StoryBody.

    Block types whose table in the TOML file differs from the stored value have a method with their name.
    """

    def __init__(self, media):
        self.media = media

    def build(self, blocks):
        """Return the JSON of a body. `blocks` are dicts with the `type` of a block and its fields."""
        return json.dumps([{"type": block["type"], "value": self._value(block)} for block in blocks])

    def _value(self, block):
        fields = dict(block)
        build = getattr(self, f"_{fields.pop('type')}", None)
        return build(fields) if build else fields

    def _text(self, block):
        return block["value"]

    def _pictures(self, block):
        return {"pictures": [self._picture(picture) for picture in block["pictures"]]}

    def _picture(self, picture):
        image = self.media.get_image(picture["picture"], picture["alt"])
        return {
            "image": {"image": image.pk, "alt_text": picture["alt"], "decorative": False},
            "caption": picture["caption"],
        }

    def _document(self, block):
        document = self.media.get_document(block["file"], block["title"])
        return {"document": document.pk, "title": block["title"]}

    def _action(self, block):
        slug, address = block.pop("page", None), block.pop("address", None)
        page = Page.objects.get(slug=slug).pk if slug else None
        return block | {"page": page, "url": address}

    def _chosen_stories(self, block):
        return block | {"stories": [StoryPage.objects.get(slug=slug).pk for slug in block["stories"]]}

    def _table(self, block):
        return {
            "caption": block["caption"],
            "columns": [{"type": "text", "heading": heading} for heading in block["header"]],
            "rows": [{"values": row} for row in block["rows"]],
        }


def publish(page, is_seen=True):
    """Publish `page` as an editor does, with a revision in its history.

    `is_seen`: whether the safeguarding team said that its answer about people is right.
    """
    page.save_revision().publish()
    if is_seen:
        writers.say_right(decisions.make_version(page, page, True, page.latest_revision), None)


def add_index(home, media):
    """Add the index page below `home`, its sections, themes and authors, and the stories without a body.

    The stories are drafts. add_bodies() publishes most of them, because bodies link to other pages.
    """
    index = StoryIndexPage(title="Stories", slug="stories", show_in_menus=True, people=People.NONE)
    publish(home.add_child(instance=index))
    sections = {}
    for row in read_rows("sections"):
        row["introduction"] = f"<p>{row['introduction']}</p>"
        page = sections[row["slug"]] = StoryIndexPage(**row, people=People.NONE)
        publish(index.add_child(instance=page))
    themes = {row["slug"]: Theme.objects.create(**row) for row in read_rows("themes")}
    authors = {row.pop("key"): Author.objects.create(**row) for row in read_rows("authors")}
    rows = read_rows("people")
    for slug in get_story_slugs():
        story = read_toml(DEMO_DIR / f"{slug}.toml")
        _add_story(story, sections, themes, authors, media, [row for row in rows if row["story"] == slug])


def _add_story(story, sections, themes, authors, media, rows):
    """Add `story`, a dictionary. `rows`: those of people.toml for the people in it."""
    page = StoryPage(
        live=False,
        **{name: story[name] for name in PLAIN_FIELDS},
        people=People.LISTED if rows else People.NONE,
        lead_image=media.get_image(story["picture"], story["picture_alt"]),
        lead_image_alt=story["picture_alt"],
    )
    page.story_countries = [
        StoryCountry(country_id=code, sort_order=n) for n, code in enumerate(story["countries"])
    ]
    page.story_themes = [
        StoryTheme(theme=themes[slug], sort_order=n) for n, slug in enumerate(story["themes"])
    ]
    page.story_authors = [StoryAuthor(author=authors[story["author"]])]
    page.story_people = [StoryPerson(contributor=people.record(row), naming=row["naming"]) for row in rows]
    sections[story["section"]].add_child(instance=page)


def add_bodies(media):
    """Give each story its body, and publish or submit it. The pages that the bodies link to must exist."""
    builder = BodyBuilder(media)
    for slug in get_story_slugs():
        story, page = read_toml(DEMO_DIR / f"{slug}.toml"), StoryPage.objects.get(slug=slug)
        page.body = builder.build(story["body"])
        if row := story.get("decision"):
            page.save()  # So the body is stored as Wagtail stores it, and the digest stays the same.
            person = page.story_people.get().contributor
            person.decisions.create(page=page, revision=page.save_revision(), ends_on=person.last_day, **row)
        if story.get("live", True):
            if page.people == People.LISTED:
                page.save()  # as for a decision
                people.read(page, page.save_revision())
            publish(page, story.get("is_seen", True))
        if "draft" in story and (workflow := page.get_workflow()):
            vars(page).update(story["draft"])
            workflow.start(page.save_revision().as_object(), None)
