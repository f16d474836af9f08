"""Builds the demonstration: home page, plain pages, settings, and the stories of stories/demo."""

from pathlib import Path

from wagtail.models import Site

from home.models import FeaturedStory, HomePage, SiteSettings, StandardPage
from stories.demo import load as stories_demo
from stories.models import StoryPage

FOLDER = Path(__file__).parent / "demo"
# In the order of the menu.
PLAIN_PAGES = ["get-help", "about", "privacy", "accessibility"]
IN_MENU = {"get-help", "about"}
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
    _fill_home(home, site, builder)


def _fill_home(home, site, builder):
    words = stories_demo.read(FOLDER / "home.toml")
    home.refresh_from_db()
    for name in WORDS:
        setattr(home, name, words[name])
    home.body = builder.build(words["body"])
    home.help_page = StandardPage.objects.child_of(home).get(slug="get-help")
    stories = {story.slug: story for story in StoryPage.objects.filter(slug__in=words["featured"])}
    home.featured_stories = [
        FeaturedStory(story=stories[slug], sort_order=n) for n, slug in enumerate(words["featured"])
    ]
    stories_demo.publish(home)
    SiteSettings.objects.update_or_create(site=site, defaults=words["settings"])
