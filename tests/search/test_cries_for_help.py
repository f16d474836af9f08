"""Searches that ask for help: which words the vocabulary recognises in the languages of the site."""

import pytest

from search.vocabulary import Vocabulary
from tests.support.vocabulary import make_group, synonyms

pytestmark = pytest.mark.django_db


CRIES = [
    *("help", "HELP!!!", "please help me", "I need help", "help escape passport taken", "hotline Kenya"),
    *("my boss took my passport", "they have taken my phone", "escape", "how to run away"),
    *("am I trafficked?", "I am not allowed to leave the house", "I owe my boss money"),
    *("au secours", "j’ai besoin d’aide", "passeport confisqué", "PASSEPORT CONFISQUE par mon patron"),
    *("comment s'échapper", "aide échapper passeport confisqué", "il me frappe"),
    *("ayuda", "necesito ayuda", "me quitaron el pasaporte", "quiero escapar", "linea de ayuda"),
    *("ayuda escapar pasaporte confiscado", "no me dejan salir"),
    *("ساعدوني", "أحتاج إلى مساعدة"),
]
ORDINARY_SEARCHES = [
    *("", "???", "helpful", "kenya court", "passport", "training helps officials"),
    *("escape from slavery in Senegal", "trafficking", "forced labour", "forced to work", "debt bondage"),
    *("trafficking in persons report", "child marriage law"),
    *("esclavage moderne", "enfants forcés de travailler", "pasaporte", "trata de personas"),
]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("text", [*CRIES, *ORDINARY_SEARCHES])
def test_cry_for_help_is_recognised_whatever_the_language_of_the_page(text):
    answers = [Vocabulary(language).asks_for_help(text) for language in ("en", "es")]
    assert answers == [text in CRIES] * 2


def test_editors_define_the_terms_of_a_cry_for_help(no_default_groups):
    """A term of one word counts beside one other word at most, and not in another form.

    Of a term of several words, those that are no stop words have to be there, in any order and form. If that
    is only one word, as in “show me”, the stop words have to be there too.
    """
    cries = ["lantern", "new lantern", "Lanterns of the dark roads", "the road was dark"]
    cries += ["show me", "show me more", "it shows more to me"]
    others = ["road", "dark", "me", "show", "show more", "lanterns", "a lantern for many boats"]
    assert not any(map(Vocabulary("en").asks_for_help, cries))
    make_group("lantern", "dark road", "show me", leads_to_help=True)
    assert list(filter(Vocabulary("en").asks_for_help, cries + others)) == cries
    assert synonyms("lantern") == {}


def test_stop_word_is_no_form_of_a_word_with_the_same_stem(no_default_groups):
    make_group("comida fría", leads_to_help=True)

    assert Vocabulary("es").asks_for_help("comidas frías")
    assert not Vocabulary("es").asks_for_help("como fría")
