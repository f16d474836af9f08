"""Groups of equal terms in the admin: their form, their list, and who may delete them."""

import pytest
from django.core.exceptions import ValidationError

from search.models import VocabularyGroup
from tests.support.builders import make_user, parse
from tests.support.vocabulary import make_group

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

URL = "/admin/snippets/search/vocabularygroup/"


def test_editor_adds_and_changes_a_group(editor, no_default_groups):
    response = editor.post(f"{URL}add/", {"terms": "Peonage\r\n debt bondage \r\n\r\nPEONAGE\r\n--"})

    assert response.status_code == 302
    group = VocabularyGroup.objects.get()
    assert group.lines == ["Peonage", "debt bondage"]
    editor.post(f"{URL}edit/{group.pk}/", {"terms": "help", "leads_to_help": "on"})
    group.refresh_from_db()
    assert (group.terms, group.leads_to_help) == ("help", True)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("", "required"),
        ("peonage", "at least two different terms"),
        ("Peonage\npéonage", "at least two different terms"),
        ("--\n!!", "at least two different terms"),
        (f"debt\n{'x' * 81}", "more than 80 characters: xxx"),
        ("\n".join(f"term {number}" for number in range(61)), "at most 60 terms"),
        ("debt\x00\nbondage", "Null characters"),
    ],
)
def test_invalid_group_is_refused_with_a_message(editor, no_default_groups, terms, message):
    response = editor.post(f"{URL}add/", {"terms": terms})

    assert message in response.context["form"].errors["terms"][0]
    assert not VocabularyGroup.objects.exists()


def test_group_for_help_needs_only_one_term():
    VocabularyGroup(terms="sos", leads_to_help=True).full_clean()
    with pytest.raises(ValidationError, match="two different terms"):
        VocabularyGroup(terms="?", leads_to_help=True).full_clean()


def test_form_for_a_new_group_is_filled_with_the_terms_in_the_url(editor):
    page = parse(editor.get(f"{URL}add/", {"terms": "<b>dark</b> road"}))

    assert page.select_one("textarea[name=terms]").text.strip() == "<b>dark</b> road"
    assert parse(editor.get(f"{URL}add/")).select_one("textarea[name=terms]").text.strip() == ""
    response = editor.post(f"{URL}add/?terms=dark", {"terms": "one\ntwo"})
    assert response.status_code == 302
    assert VocabularyGroup.objects.filter(terms="one\ntwo").exists()


def test_list_of_groups_can_be_searched_and_filtered(editor, no_default_groups):
    make_group("peonage", "debt bondage")
    make_group("dark road", leads_to_help=True)

    def listed(**query):
        return parse(editor.get(URL, query)).select_one("main").get_text(" ")

    assert "peonage, debt bondage" in listed()
    assert "dark road" in listed()
    assert "dark road" not in listed(q="bondage")
    assert "peonage" not in listed(leads_to_help="true")


def test_only_moderators_delete_a_group(client, no_default_groups):
    group = make_group("peonage", "debt bondage")

    for name, number_left in (("Editors", 1), ("Moderators", 0)):
        client.force_login(make_user(name))
        client.post(f"{URL}delete/{group.pk}/")
        assert VocabularyGroup.objects.count() == number_left
