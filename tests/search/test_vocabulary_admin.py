"""Groups of equal terms in the admin: their form, their list, and who may delete them."""

import pytest

from search.models import VocabularyGroup
from search.vocabulary import Vocabulary
from tests.support.builders import parse
from tests.support.vocabulary import make_group, synonyms

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

URL = "/admin/snippets/search/vocabularygroup/"


def test_editor_adds_and_changes_a_group(editor, no_default_groups):
    editor.post(f"{URL}add/", {"terms": "Peonage\r\n debt bondage \r\n\r\nPEONAGE\r\n--"})
    group = VocabularyGroup.objects.get()
    assert group.lines == ["Peonage", "debt bondage"]
    editor.post(f"{URL}edit/{group.pk}/", {"terms": "help", "leads_to_help": "on"})
    group.refresh_from_db()
    assert (group.terms, group.leads_to_help) == ("help", True), "for help, one term is enough"


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("", "required"),
        *((terms, "two different terms") for terms in ("peonage", "Peonage\npéonage", "--\n!!")),
        (f"debt\n{'x' * 81}", "more than 80 characters: xxx"),
        ("\n".join(f"term {number}" for number in range(61)), "at most 60 terms"),
        ("debt\x00\nbondage", "Null characters"),
    ],
)
def test_invalid_group_is_refused_with_a_message(editor, no_default_groups, terms, message):
    assert message in editor.post(f"{URL}add/", {"terms": terms}).context["form"].errors["terms"][0]
    assert not VocabularyGroup.objects.exists()


def test_form_for_a_new_group_is_filled_with_the_terms_in_the_url(editor):
    for terms in ("<b>dark</b> road", ""):
        page = parse(editor.get(f"{URL}add/", {"terms": terms}))
        assert page.select_one("textarea[name=terms]").text.strip() == terms
    editor.post(f"{URL}add/?terms=dark", {"terms": "one\ntwo"})
    assert VocabularyGroup.objects.filter(terms="one\ntwo").exists()


def test_vocabulary_is_in_the_menu_itself(editor):
    menu = parse(editor.get("/admin/guide/")).select_one("#wagtail-sidebar-props").get_text()
    assert (f'"url": "{URL}"' in menu, '"/admin/snippets/"' in menu) == (True, False)


def test_list_of_groups_can_be_searched_and_filtered(editor, no_default_groups):
    names = ["peonage, debt bondage", "dark road"]
    make_group(*names[0].split(", "))
    make_group(names[1], leads_to_help=True)
    for query, listed in (({}, names), ({"q": "bondage"}, names[:1]), ({"leads_to_help": "true"}, names[1:])):
        text = parse(editor.get(URL, query)).select_one("main").get_text(" ")
        assert [name for name in names if name in text] == listed, query


# --- Groups that lead to help ---------------------------------------------------------------------


def test_editors_define_the_terms_of_a_cry_for_help(no_default_groups):
    """A term of one word counts beside one other word at most, and not in another form.

    The words of a longer one have to be there in this order, in any form, with few words between them.
    """
    cries = ["lantern", "new lantern", "Lanterns of the dark roads", "show me more", "it shows more to me"]
    others = ["road", "dark", "show", "show more", "lanterns", "a lantern for many boats", "me shows"]
    assert not any(map(Vocabulary("en").asks_for_help, cries))
    make_group("lantern", "dark road", "show me", leads_to_help=True)
    assert list(filter(Vocabulary("en").asks_for_help, cries + others)) == cries
    assert synonyms("lantern") == {}
