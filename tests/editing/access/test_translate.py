"""“Translate” makes drafts only where the user may add pages, and shows errors for the rest."""

import copy

import pytest
from django.contrib.auth.models import Permission
from wagtail.admin.api.views import PagesAdminAPIViewSet
from wagtail.models import Locale, Page

from publishing.trash import move_to_trash
from stories.models import StoryPage
from stories.terms import Theme
from tests.support.builders import home_page, make_story, make_theme, make_user, parse
from tests.support.translations import make_translation
from tests.support.translators import Scene, make_editor
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.fixture(scope="module")
def rows(module_transaction):
    """The rows of `scene`, made once for the tests of this module."""
    return Scene()


@pytest.fixture
def scene(rows, db):
    """A section with an inner index and two stories, in English; its parent also has a French version."""
    return copy.deepcopy(rows)


def translate(client, page, *locales, **fields):
    return client.post(f"/admin/translation/submit/page/{page.pk}/", {"locales": locales} | fields)


def assert_refused(response, words):
    assert response.status_code == 200
    errors = parse(response).select(".w-field__errors")
    assert words in " ".join(error.get_text(" ") for error in errors)


def test_subtree_is_copied_where_the_user_may_add_pages(client, scene):
    client.force_login(make_editor(scene.section, scene.french_index))

    response = translate(client, scene.section, scene.french.pk, include_subtree="on")

    assert response.status_code == 302
    copies = Page.objects.filter(locale=scene.french, path__startswith=scene.french_index.path)
    assert copies.filter(live=False).count() == 4  # the section, the index in it and two stories


def editor_of_own_pages(scene):
    """The permission to add pages allows editing only own pages. The copy would show drafts of others."""
    user = make_editor(scene.section, scene.french_index, permissions=["add_page"])
    Page.objects.filter(pk__in=[scene.section.pk, scene.inner.pk]).update(owner=user)
    return user


def administrator_when_a_page_is_translated(scene):
    make_translation(scene.stories[0], scene.french_index, date="2025-01-01", summary="Court.")
    return make_user(is_superuser=True)


def editor_when_a_page_is_in_the_trash(scene):
    move_to_trash(scene.stories[1])
    return make_editor(scene.section, scene.french_index)


def administrator_when_the_page_above_is_in_the_trash(scene):
    move_to_trash(scene.french_index)
    return make_user(is_superuser=True)


# (function that returns a user who may not translate the section of the scene, whether with the pages below,
# reason).
REFUSALS = [
    (lambda scene: make_editor(scene.section), False, "You may not add this page in French."),
    (lambda scene: make_editor(scene.section), True, "You may not add this page in French."),
    (editor_of_own_pages, True, "You may not edit all the pages below"),
    (administrator_when_a_page_is_translated, True, "Some pages below are in French already"),
    (editor_when_a_page_is_in_the_trash, True, "A page below is in the trash."),
    (administrator_when_the_page_above_is_in_the_trash, False, "The page above is in the trash in French."),
]


def test_nothing_is_made_when_a_part_is_refused(client, scene, subtests):
    for make_translator, is_whole, words in REFUSALS:
        with subtests.test(words, is_whole=is_whole), undone():
            client.force_login(make_translator(scene))
            before, fields = Page.objects.count(), {"include_subtree": "on"} if is_whole else {}
            assert_refused(translate(client, scene.section, scene.french.pk, **fields), words)
            assert Page.objects.count() == before


def test_translation_in_the_trash_is_named_as_the_reason(client, scene):
    french = StoryPage.objects.get(locale=scene.french)
    english = french.get_translation(scene.index.locale)
    offered = f"/admin/translation/submit/page/{english.pk}/"
    client.force_login(make_user(is_superuser=True))
    for is_trashed in (False, True):
        if is_trashed:
            move_to_trash(french)
        assert (offered in client.get(f"/admin/pages/{english.pk}/edit/").text) == is_trashed
        assert ("The version in French is in the trash." in client.get(offered).text) == is_trashed


def test_page_whose_parent_is_not_translated_is_refused(client, scene):
    client.force_login(make_user(is_superuser=True))
    for locale in (scene.french, Locale.objects.create(language_code="es")):
        response = translate(client, scene.inner, locale.pk)
        assert_refused(response, f"The page above is not in {locale.get_display_name()} yet")
    assert not Page.objects.filter(translation_key=scene.inner.translation_key).exclude(pk=scene.inner.pk)


def test_home_page_needs_the_right_to_add_at_the_root(client):
    spanish = Locale.objects.create(language_code="es")
    client.force_login(make_editor(home_page()))
    assert_refused(translate(client, home_page(), spanish.pk), "You may not add this page in Spanish.")
    client.force_login(make_user(is_superuser=True))
    assert translate(client, home_page(), spanish.pk).status_code == 302


def test_admin_api_has_no_actions(client, scene):
    client.force_login(make_user(is_superuser=True))
    before = list(Page.objects.values())
    address, data = f"/admin/api/main/pages/{scene.section.pk}/action", {"locale": "fr", "recursive": True}
    for action in PagesAdminAPIViewSet.actions:
        answer = client.post(f"{address}/{action}/", data, "application/json")
        assert answer.status_code == 404 and list(Page.objects.values()) == before, action
    assert PagesAdminAPIViewSet.actions


# --- Themes and authors --------------------------------------------------------------------------


def translate_theme(client, theme, locale):
    address = f"/admin/translation/submit/snippet/stories/theme/{theme.pk}/"
    return client.post(address, {"locales": [locale.pk]})


def without_right(user):
    """Take the right to add themes from `user`, and return the user."""
    user.groups.get().permissions.remove(Permission.objects.get(codename="add_theme"))
    return user


def test_theme_is_copied_by_those_who_may_add_one_and_once(client, scene):
    user = make_editor()
    client.force_login(user)
    assert translate_theme(client, make_theme("Mining"), scene.french).status_code == 302
    assert Theme.objects.filter(locale=scene.french, name="Mining").exists()
    debt = make_theme("Debt")
    Theme.objects.create(name="Debt", locale=scene.french)
    refused = translate_theme(client, debt, scene.french)
    assert_refused(refused, "There is a theme with this name already.")
    client.force_login(without_right(user))
    refused = translate_theme(client, make_theme("Wages"), scene.french)
    assert_refused(refused, "You may not add this in another language.")
    assert not Theme.objects.filter(locale=scene.french, name="Wages").exists()


def themes_of(locale):
    """Return the names of the themes of the only draft in `locale`."""
    story = StoryPage.objects.get(locale=locale, live=False).get_latest_revision_as_object()
    return [link.theme.name for link in story.story_themes.all()]


def test_theme_without_a_version_is_named_and_made(client, scene):
    make_theme("Debt").copy_for_translation(scene.french).save()
    story = make_story("Filed", themes=["Debt", "Mining", "Wages"], parent=scene.index)
    # The draft of a live story is not what is translated.
    story.story_themes = []
    story.save_revision()
    mining, wages = (f"theme-{make_theme(name).pk}-{scene.french.pk}" for name in ("Mining", "Wages"))
    Theme.objects.create(name="Wages", locale=scene.french)  # another theme than the English one
    client.force_login(make_editor(scene.index, scene.french_index))
    address = f"/admin/translation/submit/page/{story.pk}/"
    page = parse(client.get(address))
    labels = [page.select_one(f"label[for=id_{name}]").get_text(strip=True) for name in (mining, wages)]
    assert labels == ["“Mining” in French", "“Wages” in French"]
    # Unless somebody empties the field, the theme is made.
    assert [page.select_one(f"[name={name}]").get("value") for name in (mining, wages)] == ["Mining", None]
    assert "“Debt” in French" not in page.get_text()

    before = Theme.objects.count()
    for names, words in (
        ({mining: "Debt"}, "There is a theme with this name already."),
        ({mining: "Mines", wages: "Mines"}, "There is a theme with this name already."),
        ({mining: "M" * 81}, "at most 80 characters"),
    ):
        assert_refused(translate(client, story, scene.french.pk, **names), words)
    # Nothing was made. One French story is there from the beginning.
    assert (Theme.objects.count(), StoryPage.objects.filter(locale=scene.french).count()) == (before, 1)

    response = client.post(address, {"locales": [scene.french.pk], mining: " Mines "}, follow=True)
    assert "Without a version in French, so not filed under there: Wages." in response.text
    made = Theme.objects.get(locale=scene.french, name="Mines")
    assert (made.slug, made.translation_key) == ("mines", make_theme("Mining").translation_key)
    assert themes_of(scene.french) == ["Debt", "Mines"]


def test_themes_of_pages_below_are_made_only_with_these(client, scene):
    make_story("Filed", themes=["Mining"], parent=scene.section)
    name = f"theme-{make_theme('Mining').pk}-{scene.french.pk}"
    client.force_login(make_editor(scene.section, scene.french_index))
    for fields in ({}, {"include_subtree": "on"}):
        with undone():
            translate(client, scene.section, scene.french.pk, **{name: "Mines"}, **fields)
            assert Theme.objects.filter(name="Mines").exists() == bool(fields)


def test_who_may_not_add_themes_is_told_what_is_missing(client, scene):
    story = make_story("Filed", themes=["Mining"], parent=scene.index)
    client.force_login(without_right(make_editor(scene.index, scene.french_index)))
    name = f"theme-{make_theme('Mining').pk}-{scene.french.pk}"
    page = client.get(f"/admin/translation/submit/page/{story.pk}/").text
    assert "Without a version in French, so not filed under there: Mining." in page and name not in page
    assert translate(client, story, scene.french.pk, **{name: "Mines"}).status_code == 302
    assert not Theme.objects.filter(locale=scene.french).exists()
    assert themes_of(scene.french) == []
