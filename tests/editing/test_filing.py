"""Countries, themes and authors (the terms) are suggested while an editor types into the form of a story.

Users with the permission to add themes and authors add them there too.
"""

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import Locale, ModelLogEntry

from stories.terms import Author, Theme
from tests.support import builders
from tests.support.translations import make_index_in

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


def address(model, name):
    return reverse(f"wagtailsnippetchoosers_stories_{model}:{name}")


def suggest(client, model, **query):
    """Return (the names that are suggested, whether the user may make a term with the name `q`)."""
    answer = client.get(address(model, "suggest"), query).json()
    return [term["string"] for term in answer["terms"]], answer["may_create"]


@pytest.fixture
def french(db):
    return Locale.objects.create(language_code="fr")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("ken", "Kenya"),
        ("côte", "Côte d’Ivoire"),
        ("COTE D", "Côte d’Ivoire"),
        ("royaume", "United Kingdom"),  # its name in French, a language of the site
        ("gui", "Guinea"),
    ],
)
def test_countries_are_found_however_they_are_typed(editor, typed, first):
    names, may_create = suggest(editor, "country", q=typed, locale="en")
    assert names[0] == first
    assert not may_create


def test_beginnings_of_names_and_of_words_come_first(editor):
    names, _may_create = suggest(editor, "country", q="gui", locale="en")
    begin = [name.startswith("Gui") for name in names]
    word = [" Gui" in name for name in names]
    # Guinea and Guinea-Bissau; Equatorial Guinea, French Guiana and Papua New Guinea.
    assert (sum(begin), sum(word)) == (2, 3)
    assert all(begin[:2]) and all(word[2:5]) and "Anguilla" in names[5:]


# `q` has at most 80 characters. Without it, the first ten countries are suggested.
@pytest.mark.parametrize("query", ["", "q=" + "x" * 81, "q=ken&locale=xx", "q=zzzz"])
def test_odd_questions_are_no_error(editor, query):
    answer = editor.get(f"{address('country', 'suggest')}?{query}").json()
    assert len(answer["terms"]) == (10 if query == "" else 0)
    assert not answer["may_create"]


def test_themes_and_authors_are_those_of_the_language_of_the_story(editor, french):
    for name in ("Debt", "Dowry debt", "Wages"):
        builders.make_theme(name)
    for model, name, translated in ((Theme, "Debt", "Dette"), (Author, "Staff", "L’équipe")):
        source = model.objects.get_or_create(name=name)[0]
        builders.save_with(source.copy_for_translation(french), name=translated, slug="")
    builders.make_author("Amina Diallo")

    # True: there is no theme with exactly this name yet, so one may be made.
    assert suggest(editor, "theme", q="DEB", locale="en") == (["Debt", "Dowry debt"], True)
    assert suggest(editor, "theme", q="debt", locale="en") == (["Debt", "Dowry debt"], False)
    assert suggest(editor, "theme", q="e", locale="fr") == (["Dette"], True)
    assert suggest(editor, "author", q="equi", locale="fr") == (["L’équipe"], True)
    assert suggest(editor, "author", q="staff", locale="fr") == ([], True)
    # An author without a version in this language is suggested too.
    assert suggest(editor, "author", q="amina", locale="fr") == (["Amina Diallo"], True)


def test_terms_with_single_words_of_the_text_come_last(editor):
    for name in ("Attitudes", "Bonded labour", "Forced child labour", "Research", "Why forced labour at sea"):
        builders.make_theme(name)
    names, may_create = suggest(editor, "theme", q="forced labour at sea", locale="en")
    assert names == ["Why forced labour at sea", "Forced child labour", "Bonded labour"]
    assert may_create


def test_term_is_made_in_the_language_of_the_story(editor, french):
    answer = editor.post(address("theme", "create"), {"name": "dette", "locale": "fr"}).json()
    theme = Theme.objects.get()
    assert answer["result"]["id"] == str(theme.pk) and answer["result"]["string"] == "Dette"
    assert (theme.locale, theme.slug) == (french, "dette")
    assert ModelLogEntry.objects.get(action="wagtail.create").user == get_user(editor)
    editor.post(address("author", "create"), {"name": "Amina", "locale": "en"})
    assert Author.objects.get().locale.language_code == "en"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Debt", "locale": "en"}, "There is a theme with this name already."),
        ({"name": "debt", "locale": "en"}, "There is a theme with this name already."),
        ({"name": "", "locale": "en"}, "This field is required."),
        ({"name": "x" * 81, "locale": "en"}, "at most 80 characters"),
        ({"name": "New"}, "This field is required."),
        ({"name": "New", "locale": "9" * 30}, "Select a valid choice."),
        ({"name": "N\0", "locale": "\0"}, "Null characters are not allowed."),
    ],
)
def test_refused_names_are_explained(editor, french, fields, words):
    builders.make_theme("Debt")
    answer = editor.post(address("theme", "create"), fields).json()
    assert words in answer["htmlFragment"]
    assert Theme.objects.count() == 1


def test_terms_are_made_only_by_those_who_may_add_them(editor):
    for model in ("theme", "author"):
        permission = Permission.objects.get(codename=f"add_{model}")
        permission.group_set.clear()
        assert suggest(editor, model, q="New", locale="en") == ([], False)
        response = editor.post(address(model, "create"), {"name": "New", "locale": "en"})
        assert response.status_code == 302
    assert not Theme.objects.exists() and not Author.objects.exists()


def test_dialog_has_a_form_for_a_new_term_that_asks_for_the_language(editor, french):
    def form():
        page = editor.get(address("theme", "choose")).json()["html"]
        return page.partition("data-chooser-modal-creation-form")[2]

    assert 'name="locale"' in form() and "<select" in form()
    french.delete()
    assert '<input type="hidden" name="locale" value="en"' in form()


def test_form_of_a_story_asks_for_its_own_language(admin_client):
    index = make_index_in("fr")
    story = builders.make_story("Filed", parent=index, locale=index.locale, live=False)
    for path in (f"{story.pk}/edit/", f"add/stories/storypage/{index.pk}/"):
        searches = builders.parse(admin_client.get(f"/admin/pages/{path}")).select(".term-search")
        # One search each for countries, themes and authors. New countries are not made in a story.
        assert [search["data-language"] for search in searches] == ["fr"] * 3
        assert [bool(search["data-create-url"]) for search in searches] == [False, True, True]
