"""Adds the demo's translated stories, with their index, themes and author, to the site.

They come from the folders beside this module that are named by a language code: fr/, ar/. The file of a story
has the name of the English one, which gives the date, the countries and all else that is no text.
"""

from stories.demo.load import DEMO_DIR, BodyBuilder, publish, read_toml
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Author, Theme

# The .toml file of each folder that is not a story: the index page, the themes and the author.
INDEX_FILE = "index"


def translation_fields(source, locale):
    """Return the fields that make a new object the translation of `source` into the Locale `locale`."""
    return {"locale": locale, "translation_key": source.translation_key}


def add_index(home, source, media):
    """Add the translation of the index page `source` below `home`, in its language, with its stories."""
    directory = DEMO_DIR / home.locale.language_code
    texts = read_toml(directory / f"{INDEX_FILE}.toml")
    index = StoryIndexPage(
        title=texts["title"],
        slug=texts["slug"],
        show_in_menus=True,
        people=source.people,
        **translation_fields(source, home.locale),
    )
    home.add_child(instance=index)
    for slug, theme in texts["themes"].items():
        original = Theme.objects.get(slug=slug, locale=source.locale)
        Theme.objects.create(**theme, **translation_fields(original, home.locale))
    slugs = sorted(path.stem for path in directory.glob("*.toml") if path.stem != INDEX_FILE)
    stories = [StoryPage.objects.get(slug=slug) for slug in slugs]
    # All translated stories have the same author.
    Author.objects.create(**texts["author"], **translation_fields(stories[0].authors[0], home.locale))
    builder = BodyBuilder(media)
    for story in stories:
        _add_story(index, story, read_toml(directory / f"{story.slug}.toml"), builder)


def _add_story(index, source, texts, builder):
    # `people` is the answer that nobody could be recognised: no translated story has people in people.toml.
    same_fields = ("date", "content_notes", "people", "show_contents", "lead_image")
    story = StoryPage(
        live=False,
        **{name: texts[name] for name in ("title", "slug", "summary")},
        **{name: getattr(source, name) for name in same_fields},
        lead_image_alt=texts["picture_alt"],
        body=builder.build(texts["body"]),
        **translation_fields(source, index.locale),
    )
    story.story_countries = [
        StoryCountry(country=country, sort_order=n) for n, country in enumerate(source.countries)
    ]
    story.story_themes = [
        StoryTheme(theme=theme.get_translation(index.locale), sort_order=n)
        for n, theme in enumerate(source.themes)
    ]
    story.story_authors = [
        StoryAuthor(author=author.get_translation(index.locale)) for author in source.authors
    ]
    index.add_child(instance=story)
    publish(story)
