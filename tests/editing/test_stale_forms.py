"""A form doesn't bring back a text that was changed after it was opened, such as by a withdrawal."""

import pytest
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Collection, Site

from home.site_settings import SiteSettings
from safeguarding.withdrawal.steps import renew_versions
from search.models import VocabularyGroup
from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.builders import parse

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

NAME, CODE = "Amina", "P-7K3M"


def make_collection():
    return Collection.get_first_root_node().add_child(name=NAME)


# {kind: (function that makes an object with NAME in a field, this field, the view with its form)}
FORMS = {
    "theme": (lambda: Theme.objects.create(name=NAME), "name", "wagtailsnippets_stories_theme:edit"),
    "author": (lambda: Author.objects.create(name=NAME), "name", "wagtailsnippets_stories_author:edit"),
    "vocabulary": (
        lambda: VocabularyGroup.objects.create(terms=f"{NAME}\nlamp\nlantern"),
        "terms",
        "wagtailsnippets_search_vocabularygroup:edit",
    ),
    "document": (lambda: builders.make_document(NAME), "title", "wagtaildocs:edit"),
    "collection": (make_collection, "name", "wagtailadmin_collections:edit"),
    "redirect": (
        lambda: Redirect.objects.create(old_path=f"/{NAME}", redirect_link="https://example.org/"),
        "old_path",
        "wagtailredirects:edit",
    ),
}


def read_form(client, address):
    """Return {name: value} of what a browser would send of the form at `address` without a change.

    Checkboxes are left out. A line break at the beginning of a <textarea> is not part of its value.
    """
    form = parse(client.get(address)).select_one("[data-edit-form]")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    data |= {each["name"]: each.text.lstrip("\n") for each in form.select("textarea[name]")}
    chosen = [(each, each.select_one("option[selected]")) for each in form.select("select[name]")]
    return data | {each["name"]: option["value"] for each, option in chosen if option}


@pytest.mark.parametrize("kind", FORMS)
def test_form_brings_no_text_back_that_was_changed_since_it_was_opened(admin_client, kind):
    make, field, view = FORMS[kind]
    item = make()
    rows, address = type(item).objects.filter(pk=item.pk), reverse(view, args=[item.pk])
    opened, stored = read_form(admin_client, address), getattr(item, field)
    rows.update(**{field: stored.replace(NAME, CODE)})
    assert "since you opened it" in admin_client.post(address, opened).text
    assert NAME not in rows.values_list(field, flat=True).get()
    # The form is sent again unchanged.
    assert "since you opened it" in admin_client.post(address, opened).text
    assert admin_client.post(address, read_form(admin_client, address)).status_code == 302


def test_settings_bring_no_text_back_that_was_changed_since_they_were_opened(admin_client):
    settings = SiteSettings.for_site(Site.objects.get())
    settings.organisation_name = f"House of {NAME}"
    settings.save()
    address = reverse("wagtailsettings:edit", args=["home", "sitesettings", settings.site_id])
    # A script of the admin adds the number of blocks.
    opened = read_form(admin_client, address) | {"social_links-count": "0"}
    SiteSettings.objects.update(organisation_name="House")
    assert "since you opened it" in admin_client.post(address, opened).text
    assert SiteSettings.objects.get().organisation_name == "House"


@pytest.mark.parametrize("action", [None, "publish", "submit"])
def test_page_gets_no_text_back_from_a_form_that_was_opened_before_its_versions_were_erased(
    admin_client, action
):
    story = builders.make_story("Lamps", slug="lamps", live=False)
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    form = builders.story_form(action, title=f"Lamps of {NAME}", slug="lamps")
    form["opened"] = parse(admin_client.get(address)).select_one("[name=opened]")["value"]
    renew_versions(story)  # as after a withdrawal, when an editor has taken the name out
    for _twice in range(2):  # The second time, the form that was shown again is sent unchanged.
        response = admin_client.post(address, form)
        assert "since you opened it" in response.text
        form["opened"] = parse(response).select_one("[name=opened]")["value"]
    assert StoryPage.objects.get().get_latest_revision_as_object().title == "Lamps"
