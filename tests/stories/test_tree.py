"""The page tree: which page types may be where."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import NOT_PROVIDED
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.timezone import localdate
from wagtail.fields import StreamField
from wagtail.models import Page, get_page_models

from home.models import HomePage
from publishing import forms, pages, reserved_slugs, trash
from search.finding import load_specific_pages
from site_project.urls import urlpatterns
from stories.blocks import StoryBody
from stories.models import StoryIndexPage
from tests.support.builders import home_page, make_page_of, make_plain_page, make_user

pytestmark = pytest.mark.django_db
# Fields that every page shows: if one were searched for, every page would be a result.
AT_THE_FOOT = {"footer_text", "help_line"}


def test_every_page_type_inherits_site_page():
    assert set(get_page_models()) == {Page, *pages.page_types()}


def find_lacks(model):
    """Yield what the page type `model` lacks: its pages would be unchecked, not found or not shown."""
    yield from {"parent_page_types", "subpage_types", "page_description"} - vars(model).keys()
    for other in {*model.clean_parent_page_models()} - {*model.allowed_parent_page_models()}:
        yield f"its name in subpage_types of {other.__name__}"
    for other in {*model.clean_subpage_models()} - {*model.allowed_subpage_models()}:
        yield f"its name in parent_page_types of {other.__name__}"
    try:
        get_template(model.template)
    except TemplateDoesNotExist:
        yield f"the template {model.template}"
    form = model.get_edit_handler().get_form_options()
    has = {
        "a verbose_name that is translated": isinstance(
            model._meta.original_attrs.get("verbose_name"), Promise
        ),
        "a form that extends CheckedPageForm": issubclass(model.base_form_class, forms.CheckedPageForm),
        "*SitePage.content_panels in content_panels": "story_people" in form["formsets"],
        "“text” in cacheable_parameters": "text" in (model.cacheable_parameters or ["text"]),
        "“Hide now”": model.can_be_hidden or model in {HomePage, StoryIndexPage},
    }
    for field in model._meta.local_fields:
        if field.editable and not field.primary_key:
            has |= {f"{what} for {field.name}": is_so for what, is_so in look_at(field, model, form).items()}
    yield from (what for what, has_it in has.items() if not has_it)


def look_at(field, model, form):
    """Return {what a field of the page type `model` needs: whether it has it}. `form`: the form's options."""
    is_body = isinstance(field, StreamField)
    is_searched = is_body or (isinstance(field, models.TextField) and field.name not in AT_THE_FOOT)
    is_made = callable(field.default) and field.default not in {NOT_PROVIDED, list, localdate}
    in_search = field.name in {each.field_name for each in model.search_fields}
    return {
        "a panel": field.name in form["fields"],
        "an entry in search_fields": in_search or not is_searched,
        "a StoryBody, of which pictures and voices are known,": not is_body
        or isinstance(field.stream_block, StoryBody),
        "null=True or a default, without which no draft can be saved,": field.null
        or field.has_default()
        or field.empty_strings_allowed,
        # It can differ from day to day, and would end decisions.
        "a default that no function makes": not is_made,
    }


@pytest.mark.sqlite_only
@pytest.mark.parametrize("model", pages.page_types())
def test_page_type_lacks_nothing(model, client):
    if lacks := ", ".join(find_lacks(model)):
        pytest.fail(f"{model.__name__} lacks {lacks}")
    page = make_page_of(model)
    for address in (page.url, f"{page.url}?text=1"):
        assert client.get(address).status_code == 200, address
    assert type(load_specific_pages([page.pk])[page.pk]) is model, "the search finds it"


def test_there_is_one_home_page_a_language(settings):
    assert HomePage.max_count == len(settings.WAGTAIL_CONTENT_LANGUAGES) == 4  # English is the fourth


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
    trash.move_to_trash(home_page())
    response = client.post(f"/admin/pages/add/home/homepage/{root.pk}/", fields)
    assert "The home page in this language is in the trash: restore it there" in response.text
    assert HomePage.objects.count() == 1


# For example, a page at /media/ would be found, but no page below it: pictures have those addresses.
@pytest.mark.sqlite_only
def test_reserved_slugs_are_refused():
    for slug in reserved_slugs.RESERVED_SLUGS:
        with pytest.raises(ValidationError, match=slug) as error:
            make_plain_page(title="A title", slug=slug)
        assert list(error.value.message_dict) == ["slug"]


def test_all_addresses_that_are_no_pages_are_reserved():
    patterns = [*urlpatterns, *urlpatterns[-1].url_patterns]  # the last ones have a prefix for the language
    patterns += [each for every in patterns if not str(every.pattern) for each in every.url_patterns]
    routes = [str(each.pattern) for each in patterns]
    routes += re.findall(r"location /(\S+)", Path("deploy/nginx.conf").read_text())
    found = {route.partition("/")[0] for route in routes if "/" in route}
    prefixes = {code for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    # No slug has a dot, patterns that are no paths begin with "^", and only addresses of Wagtail with "_".
    assert {each for each in found if not {*".^_"} & {*each}} | prefixes == reserved_slugs.RESERVED_BELOW_HOME
