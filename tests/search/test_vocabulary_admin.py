"""Groups of equal terms in the admin: their form, their list, and who may delete them."""

import pytest

from search.models import VocabularyGroup
from tests.support.builders import client_of, make_user, parse
from tests.support.vocabulary import make_group

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
    response = editor.post(f"{URL}add/", {"terms": terms})
    assert message in response.context["form"].errors["terms"][0]
    assert not VocabularyGroup.objects.exists()


def test_form_for_a_new_group_is_filled_with_the_terms_in_the_url(editor):
    for terms in ("<b>dark</b> road", ""):
        page = parse(editor.get(f"{URL}add/", {"terms": terms}))
        assert page.select_one("textarea[name=terms]").text.strip() == terms
    editor.post(f"{URL}add/?terms=dark", {"terms": "one\ntwo"})
    assert VocabularyGroup.objects.filter(terms="one\ntwo").exists()


def test_list_of_groups_can_be_searched_and_filtered(editor, no_default_groups):
    names = ["peonage, debt bondage", "dark road"]
    make_group(*names[0].split(", "))
    make_group(names[1], leads_to_help=True)
    for query, listed in (({}, names), ({"q": "bondage"}, names[:1]), ({"leads_to_help": "true"}, names[1:])):
        text = parse(editor.get(URL, query)).select_one("main").get_text(" ")
        assert [name for name in names if name in text] == listed, query


def test_only_moderators_delete_a_group(no_default_groups):
    group = make_group("peonage", "debt bondage")
    for name, number_left in (("Editors", 1), ("Moderators", 0)):
        client_of(make_user(name)).post(f"{URL}delete/{group.pk}/")
        assert VocabularyGroup.objects.count() == number_left
