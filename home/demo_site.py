"""Loads the demo: the home page, plain pages, site settings, and the stories of stories/demo.

Its texts are in demo/, beside this module; those in other languages in demo/<language code>/.
"""

from contextlib import suppress
from pathlib import Path

from django.db import transaction
from django.db.models import ProtectedError, Q
from wagtail.log_actions import registry
from wagtail.models import Locale, Page, ReferenceIndex, Site

from home.models import FeaturedStory, HomePage, SiteSettings, StandardPage
from publishing.people import People
from stories.demo import load as stories_demo
from stories.demo import translations
from stories.models import StoryIndexPage, StoryPage

DEMO_DIR = Path(__file__).parent / "demo"
HELP_PAGE = "get-help"
# Slugs of the plain pages, in the order of the menu.
PLAIN_PAGES = [HELP_PAGE, "about", "privacy", "accessibility"]
PAGES_IN_MENU = {HELP_PAGE, "about"}  # the others are linked at the foot
# Codes of the languages that have a translated story each, with the home page, help page and index it needs.
OTHER_LANGUAGES = ["fr", "ar"]
# Fields of HomePage that every home.toml sets.
HOME_PAGE_FIELDS = ("headline", "introduction", "tagline", "footer_text", "help_line", "donate_text")
# What pages of the demo refer to, and load() adds. Authors are deleted before their pictures.
ON_PAGES = ["author", "cleandocument", "cleanimage", "contributor", "theme"]


def is_loaded():
    """Return whether at least one of the demo's stories is in the site."""
    return StoryPage.objects.filter(slug__in=stories_demo.get_story_slugs()).exists()


def load():
    """Add the whole demo to the default site, and overwrite the texts of its home page."""
    site = Site.objects.get(is_default_site=True)
    home = HomePage.objects.get(pk=site.root_page_id)
    media = stories_demo.DemoMedia()
    stories_demo.add_index(home, media)
    builder = stories_demo.BodyBuilder(media)
    plain_pages = {slug: stories_demo.read_toml(DEMO_DIR / f"{slug}.toml") for slug in PLAIN_PAGES}
    for slug, texts in plain_pages.items():
        home.add_child(
            instance=StandardPage(
                title=texts["title"],
                slug=slug,
                introduction=texts["introduction"],
                people=People.NONE,
                show_in_menus=slug in PAGES_IN_MENU,
                in_footer=slug not in PAGES_IN_MENU,
            )
        )
    # Bodies link to pages, so they are added when all pages exist.
    stories_demo.add_bodies(media)
    for slug, texts in plain_pages.items():
        page = StandardPage.objects.child_of(home).get(slug=slug)
        page.body = builder.build(texts["body"])
        stories_demo.publish(page)
    texts = stories_demo.read_toml(DEMO_DIR / "home.toml")
    _fill_home(home, StandardPage.objects.child_of(home).get(slug=HELP_PAGE), texts, builder)
    SiteSettings.objects.get_or_create(site=site, defaults=texts["settings"])
    # A site with content, to which the demo is added, may have home pages in these languages already.
    present = set(HomePage.objects.values_list("locale__language_code", flat=True))
    for language in OTHER_LANGUAGES:
        if language not in present:
            _add_language(language, home, media)


def _fill_home(home, help_page, texts, builder):
    """Set the fields of the home page `home` by `texts`, the content of a home.toml, and publish it."""
    for name in HOME_PAGE_FIELDS:
        setattr(home, name, texts[name])
    home.body = builder.build(texts["body"])
    home.help_page, home.people = help_page, People.NONE
    stories = {story.slug: story for story in StoryPage.objects.filter(slug__in=texts["featured"])}
    home.featured_stories = [
        FeaturedStory(story=stories[slug], sort_order=n) for n, slug in enumerate(texts["featured"])
    ]
    stories_demo.publish(home)


def _add_language(language, source, media):
    """Add the translation of the home page `source` into `language`, with help page, index and stories."""
    locale, _created = Locale.objects.get_or_create(language_code=language)
    texts = stories_demo.read_toml(DEMO_DIR / language / "home.toml")
    help_texts = stories_demo.read_toml(DEMO_DIR / language / f"{HELP_PAGE}.toml")
    root, names = source.get_parent(), {"title": texts["title"], "slug": language}
    home = translations.translate_page(source, root, locale, **names)
    builder = stories_demo.BodyBuilder(media)
    help_texts["body"] = builder.build(help_texts["body"])
    help_page = StandardPage.objects.get(pk=source.help_page_id)
    help_page = translations.translate_page(help_page, home, locale, **help_texts)
    stories_demo.publish(help_page)
    index = StoryIndexPage.objects.child_of(source).get(slug="stories")
    translations.add_index(home, index, media)
    _fill_home(home, help_page, texts, builder)


@transaction.atomic
def remove():
    """Delete what load() added. Return what stays of it: what somebody changed, or something else uses."""
    home = HomePage.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)
    slugs = {row["slug"] for row in stories_demo.read_rows("sections")} | {*stories_demo.get_story_slugs()}
    # An imported page can have the slug of a page at the top, but not its address.
    is_added = Q(slug__in=slugs) | Q(slug__in=[*PLAIN_PAGES, "stories"], depth=3) | Q(pk=home.pk)
    keys = Page.objects.filter(is_added, locale=home.locale).values("translation_key")
    pages = Page.objects.filter(translation_key__in=keys, owner=None).order_by("-depth")
    found = [*pages.exclude(pk=home.pk)]
    uses = ReferenceIndex.objects.filter(object_id__in=[str(page.pk) for page in pages])
    uses = uses.filter(base_content_type__model="page", to_content_type__model__in=ON_PAGES)
    used = {(use.to_content_type, use.to_object_id) for use in uses}
    for kind, key in sorted(used, key=lambda pair: pair[0].model):
        found += kind.get_all_objects_for_this_type(pk=key)
    texts = stories_demo.read_toml(DEMO_DIR / "home.toml")
    found += SiteSettings.objects.filter(**texts["settings"])
    found += Locale.objects.filter(language_code__in=OTHER_LANGUAGES)
    kept = [item for item in found if not _delete(item)]
    if _is_changed(home) or home.headline != texts["headline"]:
        return [home, *kept]
    as_before = dict.fromkeys(HOME_PAGE_FIELDS, "") | {"headline": "Stories", "body": [], "featured": []}
    _fill_home(home, None, as_before, stories_demo.BodyBuilder(None))
    home.revisions.all().delete()
    return kept


def _is_changed(item):
    """Return whether the log has an entry about `item` that load() didn't make."""
    logs = registry.get_logs_for_instance(item)
    return (logs.exclude(user=None) if isinstance(item, Page) else logs).exists()


def _delete(item):
    """Delete `item`, and return true, unless somebody changed it, or something uses it."""
    uses = item.get_children() if isinstance(item, Page) else ReferenceIndex.get_references_to(item)
    if _is_changed(item) or uses.exists():
        return False
    with suppress(ProtectedError), transaction.atomic():
        ReferenceIndex.remove_for_object(item)  # Wagtail waits for the end of the transaction.
        return item.delete()
