"""Countries, themes and authors (the terms) are suggested while an editor types into the form of a story.

Users with the permission to add themes and authors add them there too.
"""

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import Locale, ModelLogEntry

from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.translations import make_index_in

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


def address(model, name):
    return reverse(f"wagtailsnippetchoosers_stories_{model}:{name}")


def suggest(client, model, q, locale="en"):
    """Return (the names that are suggested, whether the user may make a term with the name `q`)."""
    answer = client.get(address(model, "suggest"), {"q": q, "locale": locale}).json()
    return [term["string"] for term in answer["terms"]], answer["may_create"]


@pytest.fixture
def french(db):
    return Locale.objects.create(language_code="fr")


def test_countries_are_found_however_they_are_typed(editor):
    # "royaume" is in the name in French, a language of the site.
    found = {"ken": "Kenya", "côte": "Côte d’Ivoire", "COTE D": "Côte d’Ivoire", "royaume": "United Kingdom"}
    answers = {typed: suggest(editor, "country", typed) for typed in found}
    assert {typed: (names[0], may_create) for typed, (names, may_create) in answers.items()} == {
        typed: (name, False) for typed, name in found.items()
    }
    # First the beginnings of names: Guinea, Guinea-Bissau; then of words, such as Equatorial Guinea.
    names, _may_create = suggest(editor, "country", "gui")
    kinds = [name.startswith("Gui") * 2 or " Gui" in name for name in names]
    assert kinds == sorted(kinds, reverse=True) and kinds[:6] == [2, 2, 1, 1, 1, 0]
    # Odd questions are no error. `q` has at most 80 characters.
    for query, number in (("", 10), ("q=" + "x" * 81, 0), ("q=ken&locale=xx", 0), ("q=zzzz", 0)):
        answer = editor.get(f"{address('country', 'suggest')}?{query}").json()
        assert (len(answer["terms"]), answer["may_create"]) == (number, False), query


def test_themes_and_authors_are_those_of_the_language_of_the_story(editor, french):
    staff, _amina = (builders.make_author(name) for name in ("Staff", "Amina Diallo"))
    debt, *_others = (builders.make_theme(name) for name in ("Debt", "Dowry debt", "Wages"))
    for source, translated in ((debt, "Dette"), (staff, "L’équipe")):
        builders.save_with(source.copy_for_translation(french), name=translated, slug="")
    # True: there is no theme with exactly this name yet, so one may be made.
    assert suggest(editor, "theme", "DEB") == (["Debt", "Dowry debt"], True)
    assert suggest(editor, "theme", "debt") == (["Debt", "Dowry debt"], False)
    assert suggest(editor, "theme", "e", "fr") == (["Dette"], True)
    assert suggest(editor, "author", "equi", "fr") == (["L’équipe"], True)
    assert suggest(editor, "author", "staff", "fr") == ([], True)
    # An author without a version in this language is suggested too.
    assert suggest(editor, "author", "amina", "fr") == (["Amina Diallo"], True)


def test_term_is_made_in_the_language_of_the_story(editor, french):
    answer = editor.post(address("theme", "create"), {"name": "dette", "locale": "fr"}).json()
    theme = Theme.objects.get()
    assert answer["result"]["id"] == str(theme.pk) and answer["result"]["string"] == "Dette"
    assert (theme.locale, theme.slug) == (french, "dette")
    assert ModelLogEntry.objects.get(action="wagtail.create").user == get_user(editor)
    editor.post(address("author", "create"), {"name": "Amina", "locale": "en"})
    assert Author.objects.get().locale.language_code == "en"


REFUSED = {
    "There is a theme with this name already.": [{"name": "Debt"}, {"name": "debt"}],
    "This field is required.": [{"name": ""}, {"name": "New", "locale": ""}],
    "at most 80 characters": [{"name": "x" * 81}],
    "Select a valid choice.": [{"name": "New", "locale": "9" * 30}],
    "Null characters are not allowed.": [{"name": "N\0", "locale": "\0"}],
}


@pytest.mark.parametrize("words", REFUSED)
def test_refused_names_are_explained(editor, french, words):
    builders.make_theme("Debt")
    for fields in REFUSED[words]:
        answer = editor.post(address("theme", "create"), {"locale": "en"} | fields).json()
        assert words in answer["htmlFragment"], fields
    assert Theme.objects.count() == 1


def test_terms_are_made_only_by_those_who_may_add_them(editor):
    for model in ("theme", "author"):
        Permission.objects.get(codename=f"add_{model}").group_set.clear()
        assert suggest(editor, model, "New") == ([], False)
        assert editor.post(address(model, "create"), {"name": "New", "locale": "en"}).status_code == 302
    assert not Theme.objects.exists() and not Author.objects.exists()


def test_typed_words_stop_publishing_and_stay_in_the_form(admin_client):
    index = builders.make_index()
    address = f"/admin/pages/add/stories/storypage/{index.pk}/"
    typed = {"story_themes-SUGGEST": " Debt? "}
    for action in ("publish", "submit"):
        response = admin_client.post(address, builders.story_form(action) | typed)
        assert "something is typed that is not chosen" in response.text
        field = builders.parse(response).select_one("[name=story_themes-SUGGEST]")
        assert field["value"] == "Debt?"
        assert builders.parse(response).find(id=field["aria-describedby"]).text.strip().endswith("Debt?")
        assert not StoryPage.objects.exists()
    response = admin_client.post(address, builders.story_form() | typed, follow=True)
    assert StoryPage.objects.get()
    assert "Not chosen, so not saved: Debt?" in response.text


def test_form_of_a_story_asks_for_its_own_language(admin_client):
    index = make_index_in("fr")
    story = builders.make_story("Filed", parent=index, locale=index.locale, live=False)
    for path in (f"{story.pk}/edit/", f"add/stories/storypage/{index.pk}/"):
        searches = builders.parse(admin_client.get(f"/admin/pages/{path}")).select(".term-search")
        # One search each for countries, themes and authors. New countries are not made in a story.
        assert [search["data-language"] for search in searches] == ["fr"] * 3
        assert [bool(search["data-create-url"]) for search in searches] == [False, True, True]
