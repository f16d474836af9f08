"""Adds the demo's translated stories, with their index, themes and author, to the site.

They come from the folders beside this module that are named by a language code: fr/, ar/. The file of a story
has the name of the English one, from which the date, the countries and all else that is no text are copied.
"""

from stories.demo.load import DEMO_DIR, BodyBuilder, publish, read_toml
from stories.models import StoryPage
from stories.terms import Theme
from stories.translating import translate_terms

# The .toml file of each folder that is not a story: the index page, the themes and the author.
INDEX_FILE = "index"


def translate_page(source, parent, locale, **fields):
    """Add a draft of the translation of the page `source` below `parent`, with `fields`. Return it.

    Wagtail's copy_for_translation() needs a translation of the page above `source`.
    """
    fields["locale"] = locale
    options = {"copy_revisions": False, "keep_live": False, "reset_translation_key": False}
    return source.copy(to=parent, update_attrs=fields, **options)


def translate_term(source, locale, **fields):
    """Store the translation of the theme or author `source` with the values of `fields`."""
    term = source.copy_for_translation(locale)
    for name, value in fields.items():
        setattr(term, name, value)
    term.save()


def add_index(home, source, media):
    """Add the translation of the index page `source` below `home`, in its language, with its stories."""
    locale = home.locale
    directory = DEMO_DIR / locale.language_code
    texts = read_toml(directory / f"{INDEX_FILE}.toml")
    index = translate_page(source, home, locale, title=texts["title"], slug=texts["slug"])
    publish(index)
    for slug, theme in texts["themes"].items():
        translate_term(Theme.objects.get(slug=slug, locale=source.locale), locale, slug="", **theme)
    slugs = sorted(path.stem for path in directory.glob("*.toml") if path.stem != INDEX_FILE)
    stories = [StoryPage.objects.get(slug=slug) for slug in slugs]
    # All translated stories have the same author.
    translate_term(stories[0].authors[0], locale, **texts["author"])
    builder = BodyBuilder(media)
    for story in stories:
        texts = read_toml(directory / f"{story.slug}.toml")
        fields = {name: texts[name] for name in ("title", "slug", "summary")}
        fields |= {"lead_image_alt": texts["picture_alt"], "body": builder.build(texts["body"])}
        translation = translate_page(story, index, locale, **fields)
        translate_terms(story, translation)
        publish(translation)
