"""The search vocabulary: equal terms, countries, themes, authors, and cries for help."""

import csv

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.models import Locale

from search.analysis import tokenize
from search.finding import Search
from search.forms import SearchForm
from search.models import VocabularyGroup
from search.parsing import parse_query
from search.vocabulary import Vocabulary
from stories.terms import Author, Theme
from tests.support.builders import make_author, make_index, make_private, make_story, make_theme, make_user
from tests.support.builders import parse as html

pytestmark = pytest.mark.django_db
URL = "/admin/snippets/search/vocabularygroup/"


def make_group(*terms, **fields):
    return VocabularyGroup.objects.create(terms="\n".join(terms), **fields)


def found(text):
    """Return the titles of the pages that a search for `text` finds, the best first."""
    form = SearchForm({"q": text})
    form.is_valid()
    return [page.title for page in Search(form).get_page(1)]


def synonyms(text, language="en"):
    """Return {tokens between spaces: TokenPhrase} of the synonyms of `text`."""
    phrases = Vocabulary(language).synonyms(tokenize(text, language))
    assert len({phrase.tokens for phrase in phrases}) == len(phrases), "there are duplicates"
    return {phrase.query_string: phrase for phrase in phrases}


def also_searched(text, language="en"):
    vocabulary = Vocabulary(language)
    return vocabulary.also_searched(parse_query(text, language, vocabulary).query)


@pytest.fixture
def no_default_groups():
    VocabularyGroup.objects.all().delete()


# --- Groups of equal terms -----------------------------------------------------------------------


def test_term_finds_the_others_of_its_group_after_the_typed_words(no_default_groups):
    make_group("peonage", "Debt bondage")
    make_story("Of peonage")
    make_story("Of debt bondage and debt bondage")
    make_story("Of debt, and of bondage")

    assert found("peonage") == ["Of peonage", "Of debt bondage and debt bondage"]
    # The words of a typed term need not be adjacent.
    assert set(found("debt bondage")) == {
        "Of debt bondage and debt bondage",
        "Of debt, and of bondage",
        "Of peonage",
    }
    synonym = synonyms("PEONAGE")["debt bondag"]
    assert (synonym.is_typed, synonym.weight, synonym.label) == (False, 0.5, "Debt bondage")


def test_term_may_be_in_several_groups(no_default_groups):
    make_group("freed", "rescued", "réscued")
    make_group("freed", "liberated", "rescue")

    assert list(synonyms("freed")) == ["rescu", "liber"]


def test_term_that_contains_a_shorter_one_of_its_group_is_no_synonym(no_default_groups):
    make_group("trafficking", "human trafficking", "traite", "traite des personnes")

    assert list(synonyms("trafficking")) == ["trait"]
    assert list(synonyms("human trafficking")) == ["traffick", "trait"]


def test_terms_are_analysed_in_the_language_of_the_pages(no_default_groups):
    make_group("UN", "ONU")
    make_group("!!!", "…", "ONU", "Nations Unies")

    assert list(synonyms("ONU", "en")) == ["un", "nation uni"]
    # In French, “un” is a stop word.
    assert list(synonyms("ONU", "fr")) == ["nation uni"]
    assert synonyms("un", "fr") == {}


def test_new_changed_and_deleted_groups_have_effect_at_once(no_default_groups):
    make_story("Of peonage")
    assert found("servitude") == []

    group = make_group("peonage", "servitude")
    assert found("servitude") == ["Of peonage"]

    group.terms = "peonage\nserfdom"
    group.save()
    assert found("servitude") == []
    assert found("serfdom") == ["Of peonage"]

    group.delete()
    assert found("serfdom") == []


def test_adding_a_group_loses_no_result():
    make_story("Bonded labour in brick kilns")
    make_story("A bonded child, and labor")
    make_story("Debt bondage")
    texts = ["bonded labor", "labor", "bonded", "labour brick", "debt bondage"]
    before = {text: set(found(text)) for text in texts}
    assert "Bonded labour in brick kilns" in before["bonded labor"]

    make_group("bonded labor", "peonage")
    make_group("bonded", "tied")
    make_group("labour brick", "kiln work")

    for text in texts:
        assert before[text] <= set(found(text))


def test_group_finds_public_pages_only(no_default_groups):
    make_group("peonage", "debt bondage")
    private = make_private(make_index(make_index(), "Private"))
    make_story("Private debt bondage", parent=private)
    make_story("Draft of debt bondage", live=False)

    assert found("peonage") == []


def test_a_vocabulary_is_read_with_one_query(django_assert_num_queries):
    make_theme("Debt")
    make_author("Staff")
    Vocabulary("en")

    with django_assert_num_queries(1):
        vocabulary = Vocabulary("en")
        vocabulary.synonyms(["kenya"])
        vocabulary.asks_for_help("help me")


def test_longest_term_has_at_most_nine_words(no_default_groups):
    make_group("one two three four five six seven eight nine ten", "short")

    assert Vocabulary("en").max_term_words == 9


# --- Default groups ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("labor", "Of labour"),
        ("organization", "They organised"),
        ("slaves", "Of enslavement"),
        ("slavery", "The enslaved"),
        ("bonded labor", "Debt bondage"),
        ("compulsory labour", "Of forced labor"),
        ("working children", "Child labour"),
        ("human trafficking", "Traffickers"),
        ("maid", "A domestic worker"),
        ("broker", "The recruitment agents"),
        ("sponsorship system", "Kafala"),
        ("ILO", "The International Labour Organization"),
        ("OIT", "The ILO"),
        ("ONG", "A charity"),
        ("esclavage", "Of slavery"),
        ("trata de personas", "Of trafficking"),
        ("travail forcé", "Of forced labour"),
        ("trabajo infantil", "Of child labor"),
        ("servidumbre por deudas", "Of bonded labour"),
        ("sobreviviente", "A survivor"),
        ("orpailleurs", "Of gold mining"),
        ("العبودية", "Of slavery"),
    ],
)
def test_default_groups_find_equal_terms(typed, title):
    make_story(title)
    make_story("Something else")

    assert found(typed) == [title]


@pytest.mark.parametrize(("typed", "title"), [("smuggling", "Of trafficking"), ("or", "Of gold")])
def test_default_groups_find_no_other_subjects(typed, title):
    make_story(title)

    assert found(typed) == []


def test_default_groups_are_valid():
    with (settings.BASE_DIR / "search" / "data" / "vocabulary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    groups = list(VocabularyGroup.objects.order_by("pk"))

    assert [group.lines for group in groups] == [row["terms"].split("; ") for row in rows]
    assert [group.leads_to_help for group in groups] == [row["leads_to_help"] == "yes" for row in rows]
    for group in groups:
        lines = group.lines
        group.full_clean()
        assert group.lines == lines, "there are duplicate terms"


# --- Countries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Kenya", "KENIA", "Kenyan", "kenyans", "kényane", "keniano", "كينيا"])
def test_country_is_found_by_its_names_in_all_languages(typed):
    make_story("A journey home", countries=["KE"])
    make_story("Another", countries=["UG"])

    assert found(typed) == ["A journey home"]


def test_alias_in_a_text_comes_before_the_country_and_its_other_names():
    make_story("Twelve Congolese miners")
    make_story("Cobalt", countries=["CD"])
    make_story("Across the DRC")
    make_story("Kenya", countries=["KE"])

    assert found("DRC") == ["Across the DRC", "Cobalt", "Twelve Congolese miners"]


def test_name_of_a_country_counts_as_typed_and_an_alias_as_added():
    name, alias = synonyms("Kenia")["countryke0"], synonyms("Kenyan")["countryke0"]

    assert (name.is_typed, name.weight, name.label) == (True, 3, "")
    assert (alias.is_typed, alias.weight, alias.label) == (False, 3, "Kenya")
    assert synonyms("keniano", "es")["countryke0"].label == "Kenia"
    assert "kenya" not in synonyms("Kenya")
    word = synonyms("Kenyan")["kenya"]
    assert (word.is_typed, word.weight, word.label) == (False, 0.5, "Kenya")


def test_word_that_means_two_countries_finds_both():
    make_story("Cobalt", countries=["CD"])
    make_story("Timber", countries=["CG"])

    assert set(found("Congolese")) == {"Cobalt", "Timber"}
    assert {"countrycd0", "countrycg0"} <= set(synonyms("Congo"))


@pytest.mark.parametrize("typed", ["DRC", "USA", "Congolese", "British", "Ivory Coast", "UAE"])
def test_country_has_at_most_six_synonyms(typed):
    in_texts = [phrase for phrase in synonyms(typed).values() if phrase.weight < 1]

    assert 1 <= len(in_texts) <= 6


def test_country_name_of_several_words_finds_the_country():
    make_story("Cocoa", countries=["CI"])
    make_story("Elephants", summary="Ivory from the coast.")

    assert set(found("ivory coast")) == {"Cocoa", "Elephants"}
    assert found("Côte d'Ivoire") == ["Cocoa"]
    assert found("costa de marfil") == ["Cocoa"]


def test_group_can_give_a_country_another_name():
    make_story("A journey home", countries=["KE"])
    assert found("Magic Savannah") == []

    group = make_group("Magic Savannah", "Kenya")
    assert found("magic savannah") == ["A journey home"]

    group.delete()
    assert found("magic savannah") == []


def test_stop_word_is_no_country_name():
    assert synonyms("us") == {}
    assert "countryus0" in synonyms("USA")


# --- Themes and authors --------------------------------------------------------------------------


def test_theme_is_found_by_each_of_its_words():
    make_story("A journey home", themes=["Forced labour"])
    make_story("Another", themes=["Law and the courts"])

    for typed in ("forced labour", "labour", "FORCED", "forced journey"):
        assert found(typed) == ["A journey home"]
    token = Theme.objects.get(name="Forced labour").index_token
    assert (synonyms("forced")[token].is_typed, synonyms("forced")[token].weight) == (True, 3)
    assert synonyms("and") == {}


@pytest.mark.parametrize("typed", ["forced labor", "labor", "compulsory labour", "travail forcé"])
def test_theme_is_found_by_equal_terms(typed):
    make_story("A journey home", themes=["Forced labour"])

    assert found(typed) == ["A journey home"]


@pytest.mark.parametrize("model", [Theme, Author])
def test_renamed_theme_or_author_is_found_by_the_new_name_at_once(model):
    make_story("A journey home", themes=["Lantern"], authors=["Lantern"])
    make_story("Another")
    for other in {Theme, Author} - {model}:
        other.objects.update(name="Nobody")
    assert found("lantern") == ["A journey home"]

    term = model.objects.get(name="Lantern")
    term.name = "Harbourmaster"
    term.save()

    assert found("lantern") == []
    assert found("harbourmaster") == ["A journey home"]


def test_themes_of_another_language_are_ignored():
    french = Locale.objects.create(language_code="fr")
    theme = Theme.objects.create(name="Lanterne", locale=french)

    assert synonyms("lanterne") == {}
    assert list(synonyms("lanterne", "fr")) == [theme.index_token]


# --- “Also searched” -----------------------------------------------------------------------------


def test_added_words_are_listed_once_in_order_without_typed_ones(no_default_groups):
    make_group("maid", "housemaid", "domestic worker")
    make_group("labour", "labor", "work force")

    assert also_searched("maid") == ["housemaid", "domestic worker"]
    assert also_searched("domestic worker maid") == ["housemaid"]
    assert also_searched("Labor labour maids") == ["work force", "housemaid", "domestic worker"]
    assert also_searched("lantern") == []
    assert also_searched("Kenyan")[0] == "Kenya"


def test_at_most_eight_added_words_are_listed(no_default_groups):
    make_group(*(f"lantern{chr(97 + number)}" for number in range(12)))

    assert len(also_searched("lanterna")) == 8


# --- Cries for help ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "help",
        "HELP!!!",
        "please help me",
        "I need help",
        "help escape passport taken",
        "my boss took my passport",
        "they have taken my phone",
        "escape",
        "how to run away",
        "hotline Kenya",
        "am I trafficked?",
        "I am not allowed to leave the house",
        "I owe my boss money",
        "au secours",
        "j’ai besoin d’aide",
        "passeport confisqué",
        "PASSEPORT CONFISQUE par mon patron",
        "comment s'échapper",
        "aide échapper passeport confisqué",
        "il me frappe",
        "ayuda",
        "necesito ayuda",
        "me quitaron el pasaporte",
        "quiero escapar",
        "linea de ayuda",
        "ayuda escapar pasaporte confiscado",
        "no me dejan salir",
        "ساعدوني",
        "أحتاج إلى مساعدة",
    ],
)
def test_cry_for_help_is_recognised(text):
    assert Vocabulary("en").asks_for_help(text)
    assert Vocabulary("es").asks_for_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "helpful",
        "kenya court",
        "passport",
        "training helps officials",
        "escape from slavery in Senegal",
        "trafficking",
        "forced labour",
        "forced to work",
        "trafficking in persons report",
        "child marriage law",
        "debt bondage",
        "esclavage moderne",
        "pasaporte",
        "trata de personas",
        "enfants forcés de travailler",
    ],
)
def test_ordinary_search_is_no_cry_for_help(text):
    assert not Vocabulary("en").asks_for_help(text)


def test_editors_define_the_terms_of_a_cry_for_help(no_default_groups):
    assert not Vocabulary("en").asks_for_help("need lantern now")
    make_group("lantern", "dark road", "show me", leads_to_help=True)
    vocabulary = Vocabulary("en")

    for text in ("Lanterns of the dark roads", "the road was dark", "lantern", "new lantern", "show me more"):
        assert vocabulary.asks_for_help(text)
    for text in ("road", "dark", "show", "show more", "lanterns", "a lantern for many boats"):
        assert not vocabulary.asks_for_help(text)


def test_terms_of_a_cry_for_help_are_no_synonyms(no_default_groups):
    make_group("lantern", "candle", leads_to_help=True)

    assert synonyms("lantern") == {}


# --- In the admin --------------------------------------------------------------------------------


@pytest.fixture
def editor(client):
    client.force_login(make_user("Editors"))
    return client


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
    page = html(editor.get(f"{URL}add/", {"terms": "<b>dark</b> road"}))

    assert page.select_one("textarea[name=terms]").text.strip() == "<b>dark</b> road"
    assert html(editor.get(f"{URL}add/")).select_one("textarea[name=terms]").text.strip() == ""
    response = editor.post(f"{URL}add/?terms=dark", {"terms": "one\ntwo"})
    assert response.status_code == 302
    assert VocabularyGroup.objects.filter(terms="one\ntwo").exists()


def test_list_of_groups_can_be_searched_and_filtered(editor, no_default_groups):
    make_group("peonage", "debt bondage")
    make_group("dark road", leads_to_help=True)

    def listed(**query):
        return html(editor.get(URL, query)).select_one("main").get_text(" ")

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


def test_a_longer_term_finds_all_that_a_shorter_one_within_it_finds(client):
    VocabularyGroup.objects.all().delete()
    VocabularyGroup.objects.create(terms="child labour\nworking children")
    story = make_story("A camp of working children")
    assert story.url in client.get("/search/?q=child+labour+camp").content.decode()
    VocabularyGroup.objects.create(terms="child labour camp\ngulag")
    assert story.url in client.get("/search/?q=child+labour+camp").content.decode()
