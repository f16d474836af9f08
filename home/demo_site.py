"""Builds the demonstration: home page, plain pages, settings, and the stories of stories/demo."""

from pathlib import Path

from wagtail.models import Locale, Site

from home.models import FeaturedStory, HomePage, SiteSettings, StandardPage
from stories.demo import load as stories_demo
from stories.demo import translations
from stories.models import StoryIndexPage, StoryPage

FOLDER = Path(__file__).parent / "demo"
# In the order of the menu.
PLAIN_PAGES = ["get-help", "about", "privacy", "accessibility"]
IN_MENU = {"get-help", "about"}
# In these, there is a story each, and what it takes to reach it.
OTHER_LANGUAGES = ["fr", "ar"]
HELP = "get-help"
WORDS = ("headline", "introduction", "tagline", "footer_text", "help_line", "donate_text")


def is_loaded():
    """Return whether the demonstration's stories are in the site."""
    return StoryPage.objects.filter(slug__in=stories_demo.story_slugs()).exists()


def load():
    """Add the whole demonstration to the default site; its home page gets the demonstration's words."""
    site = Site.objects.get(is_default_site=True)
    home = HomePage.objects.get(pk=site.root_page_id)
    library = stories_demo.Library()
    stories_demo.add_index(home, library)
    builder = stories_demo.BodyBuilder(library)
    plain = {slug: stories_demo.read(FOLDER / f"{slug}.toml") for slug in PLAIN_PAGES}
    for slug, words in plain.items():
        home.add_child(
            instance=StandardPage(
                title=words["title"],
                slug=slug,
                introduction=words["introduction"],
                show_in_menus=slug in IN_MENU,
            )
        )
    stories_demo.add_bodies(library)
    for slug, words in plain.items():
        page = StandardPage.objects.child_of(home).get(slug=slug)
        page.body = builder.build(words["body"])
        stories_demo.publish(page)
    words = stories_demo.read(FOLDER / "home.toml")
    home.refresh_from_db()
    _fill_home(home, StandardPage.objects.child_of(home).get(slug=HELP), words, builder)
    SiteSettings.objects.update_or_create(site=site, defaults=words["settings"])
    # With --add-to-content, the site may have languages of its own.
    for language in set(OTHER_LANGUAGES) - set(
        HomePage.objects.values_list("locale__language_code", flat=True)
    ):
        _add_language(language, home, library)


def _fill_home(home, help_page, words, builder):
    for name in WORDS:
        setattr(home, name, words[name])
    home.body = builder.build(words["body"])
    home.help_page = help_page
    stories = {story.slug: story for story in StoryPage.objects.filter(slug__in=words["featured"])}
    home.featured_stories = [
        FeaturedStory(story=stories[slug], sort_order=n) for n, slug in enumerate(words["featured"])
    ]
    stories_demo.publish(home)


def _add_language(language, source, library):
    """Add the home page `source` in another language, with help page, index and stories."""
    locale, _ = Locale.objects.get_or_create(language_code=language)
    folder = FOLDER / language
    words, help_words = (stories_demo.read(folder / f"{name}.toml") for name in ("home", HELP))
    home = HomePage(
        title=words["title"],
        slug=language,
        headline=words["headline"],
        **translations.version_of(source, locale),
    )
    source.get_parent().add_child(instance=home)
    builder = stories_demo.BodyBuilder(library)
    help_page = StandardPage(
        show_in_menus=True,
        **help_words | {"body": builder.build(help_words["body"])},
        **translations.version_of(source.help_page, locale),
    )
    home.add_child(instance=help_page)
    stories_demo.publish(help_page)
    index = StoryIndexPage.objects.child_of(source).get(slug="stories")
    translations.add_index(home, index, library)
    _fill_home(home, help_page, words, builder)
