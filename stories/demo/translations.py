"""Tells some of the demonstration's stories in other languages, from the folders that are named by these."""

from stories.demo.load import FOLDER, BodyBuilder, publish, read
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Author, Theme

INDEX = "index"


def version_of(source, locale):
    """Return the fields that make a new object the translation of `source` into `locale`."""
    return {"locale": locale, "translation_key": source.translation_key}


def add_index(home, source, library):
    """Add the index `source` in the language of `home` below it, with the stories told in that language."""
    folder = FOLDER / home.locale.language_code
    words = read(folder / f"{INDEX}.toml")
    index = StoryIndexPage(
        title=words["title"], slug=words["slug"], show_in_menus=True, **version_of(source, home.locale)
    )
    home.add_child(instance=index)
    for slug, theme in words["themes"].items():
        original = Theme.objects.get(slug=slug, locale=source.locale)
        Theme.objects.create(**theme, **version_of(original, home.locale))
    slugs = sorted(path.stem for path in folder.glob("*.toml") if path.stem != INDEX)
    stories = [StoryPage.objects.get(slug=slug) for slug in slugs]
    # All are by one team.
    Author.objects.create(**words["author"], **version_of(stories[0].authors[0], home.locale))
    builder = BodyBuilder(library)
    for story in stories:
        _add_story(index, story, read(folder / f"{story.slug}.toml"), builder)


def _add_story(index, source, words, builder):
    shared = ("date", "content_notes", "show_contents", "lead_image")
    story = StoryPage(
        live=False,
        **{name: words[name] for name in ("title", "slug", "summary")},
        **{name: getattr(source, name) for name in shared},
        lead_image_alt=words["picture_alt"],
        body=builder.build(words["body"]),
        **version_of(source, index.locale),
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
