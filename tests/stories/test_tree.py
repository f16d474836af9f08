"""The page tree: which page types may be where, and what the migrations create in it."""

import importlib
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.models import Locale, Page, Site

from home.models import SPECIFIC_PAGE_RELATIONS, HomePage, StandardPage
from publishing.forms import CheckedPageForm
from publishing.reserved_slugs import RESERVED_BELOW_HOME, RESERVED_BELOW_INDEX
from publishing.trash import move_to_trash
from publishing.visibility import restrictions_on
from search.finding import OTHER_PAGE_TYPES
from site_project.urls import urlpatterns
from stories.models import StoryIndexPage, StoryPage
from tests.support.builders import home_page, make_index, make_plain_page, make_story, make_user

pytestmark = pytest.mark.django_db

# {page type: (types of its parents, types of its children)}.
PAGE_TYPES = {
    HomePage: ({Page}, {StoryIndexPage, StandardPage}),
    StandardPage: ({HomePage, StandardPage}, {StandardPage}),
    StoryIndexPage: ({HomePage, StoryIndexPage}, {StoryIndexPage, StoryPage}),
    StoryPage: ({StoryIndexPage}, set()),
}


def test_these_are_all_the_page_types():
    assert {model for model in apps.get_models() if issubclass(model, Page)} == {Page, *PAGE_TYPES}


@pytest.mark.parametrize("model", PAGE_TYPES)
def test_allowed_parents_and_children_of_each_page_type(model):
    parents, children = PAGE_TYPES[model]
    assert set(model.allowed_parent_page_models()) == parents
    assert set(model.allowed_subpage_models()) == children


@pytest.mark.parametrize("model", PAGE_TYPES)
def test_each_page_type_has_what_hides_checks_and_finds_its_pages(model):
    """Pages of a type without one of these would be shown or stored unchecked, or could not be found.

    Or they would have no text-only version, which every page links to.
    """
    assert model.get_view_restrictions is restrictions_on
    assert issubclass(model.base_form_class, CheckedPageForm)
    assert "text" in model.cacheable_parameters, "base.html reads it"
    name = model._meta.model_name
    assert name in [*OTHER_PAGE_TYPES, "storypage"], "the search finds it"
    # The address of a home page is the root of a site. HomePage.find_page() has index pages from the cache.
    if model not in {HomePage, StoryIndexPage}:
        assert name in [relation.split("__")[0] for relation in SPECIFIC_PAGE_RELATIONS], "for HomePage.route"


def test_there_is_one_home_page_a_language(settings):
    assert HomePage.max_count == len(settings.WAGTAIL_CONTENT_LANGUAGES) == 4  # English is the fourth
    root = Page.get_first_root_node()
    for code in ("fr", "es", "ar"):
        locale = Locale.objects.create(language_code=code)
        root.add_child(
            instance=HomePage(title=code, slug=f"home-{code}", headline=code, people="none", locale=locale)
        )
    root.refresh_from_db()

    assert not HomePage.can_create_at(root), "no fifth one"


def test_second_home_page_is_refused_in_the_admin_with_the_reason(client):
    client.force_login(make_user(is_superuser=True))
    fields = {"title": "Second", "slug": "second", "headline": "Second", "people": "none"}
    fields["action-publish"] = "1"
    # The form has no featured stories, comments or blocks, and its rich texts are empty.
    fields |= {
        f"{formset}-{count}": "0"
        for formset in ("featured_stories", "story_people", "comments")
        for count in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    # An empty text as the rich text editor sends it.
    empty = '{"blocks": [{"key": "a", "text": "", "type": "unstyled"}], "entityMap": {}}'
    fields |= {"introduction": empty, "footer_text": empty, "help_line": empty, "body-count": "0"}

    root = Page.get_first_root_node()
    response = client.post(f"/admin/pages/add/home/homepage/{root.pk}/", fields)

    assert response.status_code == 200
    assert "There is a home page in this language already." in response.content.decode()
    move_to_trash(home_page())
    response = client.post(f"/admin/pages/add/home/homepage/{root.pk}/", fields)
    assert "The home page in this language is in the trash: restore it there" in response.text
    assert HomePage.objects.count() == 1


# For example, a page at /media/ would be found, but no page below it: pictures have those addresses.
@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("make", "parent", "slugs"),
    [
        (make_story, make_index, RESERVED_BELOW_INDEX),
        (make_index, make_index, RESERVED_BELOW_INDEX),
        (make_plain_page, home_page, RESERVED_BELOW_HOME),
        (make_index, home_page, RESERVED_BELOW_HOME),
    ],
)
def test_reserved_slugs_are_refused(make, parent, slugs):
    for slug in slugs:
        with pytest.raises(ValidationError, match=slug) as error:
            make(title="A title", parent=parent(), slug=slug)
        assert list(error.value.message_dict) == ["slug"]


def test_all_addresses_that_are_no_pages_are_reserved():
    patterns = [*urlpatterns, *urlpatterns[-1].url_patterns]  # the last ones have a prefix for the language
    routes = [str(each.pattern) for each in patterns]
    routes += re.findall(r"location /(\S+)", Path("deploy/nginx.conf").read_text())
    found = {route.partition("/")[0] for route in routes if "/" in route}
    prefixes = {code for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    assert {each for each in found if "." not in each} | prefixes == RESERVED_BELOW_HOME  # no slug has a dot


def test_reserved_slugs_are_allowed_elsewhere():
    assert make_plain_page("Country", slug="country").full_url.endswith("/country/")
    assert make_story("Media", slug="media").full_url.endswith("/stories/media/")


def test_migrations_make_one_home_page_with_its_site(settings):
    home, site = home_page(), Site.objects.get()

    assert Page.objects.count() == 2, "the root and the home page"
    assert home.url == "/"
    assert (home.depth, home.live, home.get_parent().numchild) == (2, True, 1)
    assert site.is_default_site
    assert site.root_page.specific == home
    assert (site.hostname, site.port) == ("127.0.0.1", 8000)
    assert home.full_url == f"{settings.BASE_URL}/"


@pytest.mark.parametrize(
    ("address", "hostname", "port"),
    [
        ("https://stories.example.org", "stories.example.org", 443),
        ("http://stories.example.org", "stories.example.org", 80),
        ("https://stories.example.org:8443", "stories.example.org", 8443),
    ],
)
def test_the_site_gets_its_address_from_base_url(settings, monkeypatch, address, hostname, port):
    settings.WAGTAILADMIN_BASE_URL = address
    home_page().delete()  # and with it the site
    assert (Page.objects.count(), Site.objects.count()) == (1, 0), "as before the migration"
    migration = importlib.import_module("home.migrations.0003_home_page")

    # The model of the migration checks nothing.
    monkeypatch.setattr(HomePage, "find_errors", lambda _page: {})
    migration.add_home_page(apps, None)

    site = Site.objects.get()
    assert (site.hostname, site.port) == (hostname, port)
    assert site.root_page.specific == HomePage.objects.get()
