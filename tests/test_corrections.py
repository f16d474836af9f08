"""Did you mean: what is corrected, and that no word is shown that only hidden pages have."""

import functools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Locale

from search.analysis import stem
from search.corrections import Correction, find_corrections
from search.finding import Search
from search.forms import SearchForm
from search.known_words import get_site_words, remember_words
from search.models import KnownWord
from stories.demo.load import FOLDER, read, story_slugs
from stories.models import StoryPage
from tests.builders import home_page, make_author, make_index, make_private, make_story
from tests.test_visibility import WAYS_TO_HIDE

pytestmark = pytest.mark.django_db

many = functools.partial(
    settings, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


# --- As the site asks ----------------------------------------------------------------------------


def correct(text, terms=(), language="en"):
    form = SearchForm({"q": text})
    if not form.is_valid():
        return []
    with override(language):
        search = Search(form)
        # Only the terms of the test: what is corrected must not hang on the vocabulary.
        search.vocabulary.spelling_terms = tuple(terms)
        return search.corrections


def corrected(text, terms=()):
    return [correction.text for correction in correct(text, terms)]


def known():
    return set(KnownWord.objects.values_list("folded", flat=True))


def in_text(text):
    return [{"type": "text", "value": f"<p>{text}</p>"}]


# --- What is corrected ---------------------------------------------------------------------------


def test_misspelled_words_of_the_demonstration_are_corrected():
    for slug in story_slugs():
        told = read(FOLDER / f"{slug}.toml")
        texts = [block[key] for block in told["body"] for key in ("text", "value") if key in block]
        make_story(told["title"], summary=told["summary"], body=in_text(" ".join(map(str, texts))))
    meant = {
        "traficking": "trafficking",
        "trafficing": "trafficking",
        "Kedugu": "Kédougou",
        "kedogou": "Kédougou",
        "Lubumbshi": "Lubumbashi",
        "Phillipines": "Philippines",
        "Senagal": "Senegal",
        "survivers": "survivors",
        "slavry": "slavery",
        "exploitaton": "exploitation",
        "migrent workers": "migrant workers",
    }
    assert {text: corrected(text)[:1] for text in meant} == {text: [word] for text, word in meant.items()}
    assert corrected("bonded labur", terms=["bonded labour"]) == ["bonded labour"]


def test_words_that_are_right_stay_and_the_text_stays_as_it_was_typed():
    make_story("Trafficking of workers in Kédougou", body=in_text("“Slavery” is the word."))
    text = '"slavery" is, -gold TRAFICKING; kedougou\'s Wrokers?'
    assert corrected(text) == ['"slavery" is, -gold Trafficking; kedougou\'s workers?']
    assert corrected("kedougou TRAFFICKING slavery") == []
    assert corrected("") == corrected("?") == corrected("xylographical") == []


def test_short_words_numbers_and_excluded_words_stay():
    make_story("The gold rush of 1849", body=in_text("Route66 was a road"))
    assert corrected("rus") == corrected("1848") == corrected("route67") == corrected("-golt gold") == []
    assert corrected("golt") == ["gold"]


@pytest.mark.parametrize(
    ("typed", "is_corrected"),
    [
        ("lomps", True),
        ("lompz", False),
        ("lamtenr", True),
        ("lamtonr", False),
        ("lonternlihgtz", True),
        ("lontornlihgtz", False),
    ],
)
def test_the_longer_a_word_the_more_may_be_wrong(typed, is_corrected):
    make_story("Lamps lantern lanternlights")
    assert bool(corrected(typed)) is is_corrected


def test_of_the_nearest_words_one_with_the_same_first_letter_comes_first_then_one_as_long():
    make_story("Batten gattern gotten", body=in_text("gatterns"))
    assert corrected("gatten") == ["gotten", "gattern", "Batten"]


def test_correction_is_clear_only_when_nothing_else_is_as_near():
    make_story("Lantern market", body=in_text("barley harbour"))
    assert correct("lantrn") == [Correction("Lantern", is_clear=True)]
    assert correct("lantrn mraket") == [Correction("Lantern market", is_clear=True)]
    assert correct("varley")[0] == Correction("barley", is_clear=True)
    assert correct("lantrn xylographical") == [Correction("Lantern xylographical", is_clear=True)]
    make_story("Parley")
    assert correct("varley")[:2] == [Correction("barley", False), Correction("Parley", False)]
    assert correct("lantrn varley")[:2] == [
        Correction("Lantern barley", False),
        Correction("Lantern Parley", False),
    ]


def test_another_form_of_the_typed_word_is_no_correction_as_it_finds_the_same():
    make_story("She survives", body=in_text("They survived, all survivors."))
    assert correct("survivers") == [Correction("survivors", is_clear=True)]
    make_story("A miner was enslaved", body=in_text("as other slaves, in mines"))
    assert corrected("enslaves") == []
    assert corrected("miners") == []


def test_words_in_other_scripts_are_corrected():
    arabic = home_page().copy_for_translation(Locale.objects.get_or_create(language_code="ar")[0])
    arabic.title = "عبودية الديون"
    arabic.save_revision().publish()
    assert [c.text for c in correct("عبوضية", language="ar")] == ["عبودية"]


def test_only_words_of_pages_in_the_language_of_the_reader_are_offered():
    french = home_page().copy_for_translation(Locale.objects.get_or_create(language_code="fr")[0])
    french.title = "Bamako"
    french.save_revision().publish()
    assert stem("Bamako", "fr") == stem("Bamako", "en")
    assert [c.text for c in correct("bamakko", language="fr")] == ["Bamako"]
    assert corrected("bamakko") == []


# --- Terms ---------------------------------------------------------------------------------------


def test_terms_are_corrected_to_when_they_find_something_and_never_corrected_themselves():
    make_story("Serfdom", body=in_text("Sierra Leone was where the kinyan stood."))
    terms = ["Sierra Leone", "Côte d’Ivoire", "Kenyan", "serfdom"]
    assert corrected("Siera Leonne", terms) == ["Sierra Leone"]
    assert corrected("serfdon", terms) == ["serfdom"]
    assert corrected("kenyan", terms) == []
    assert corrected("cote d'ivoir", terms) == []  # no page is about it


def test_terms_of_several_words_are_asked_for_as_a_whole():
    asked = []

    def find(texts):
        asked.extend(texts)
        return set(asked)

    terms = ["Ivory Coast", "Gold Coast"]
    found = find_corrections("ivry coast", ["ivry", "coast"], "en", find, dict.fromkeys, terms)
    assert found == [Correction("Ivory coast", True)]
    assert asked == ["Ivory Coast"]


# --- What is asked of the database ---------------------------------------------------------------


def test_at_most_four_candidates_are_asked_for():
    words = [f"{letter}orven" for letter in "abcdefghij"]
    make_story(" ".join(words))
    for text, most in (("zorven", 4), ("zorven zorvan zorvet", 3)):
        asked = []

        def texts_of(words, asked=asked):
            asked.extend(words)
            return {}

        assert find_corrections(text, text.split(), "en", set, texts_of) == []
        assert len(asked) == most


def test_one_query_reads_the_words_and_only_when_there_are_new_ones(django_assert_num_queries):
    make_story("Lantern")
    with django_assert_num_queries(2):
        get_site_words()
    with django_assert_num_queries(1):
        assert "lantern" in get_site_words()
    make_story("Quilting")
    assert "quilting" in get_site_words()


# --- What is remembered --------------------------------------------------------------------------


def test_words_are_remembered_once_as_they_are_written():
    make_story("Slavery in Kédougou", body=in_text("The slavery of KÉDOUGOU, and of 21st and its x1y2 art."))
    written = dict(KnownWord.objects.values_list("folded", "written"))
    assert written["kedougou"] == "Kédougou"
    assert written["slavery"] == "slavery"
    assert not written.keys() & {"art", "21st", "x1y2", "in"}
    make_story("KEDOUGOU again")
    assert KnownWord.objects.get(folded="kedougou").written == "Kédougou"


def test_a_word_with_more_marks_than_the_database_takes_is_left_out():
    remember_words(["lan" + "\u0301" * 80 + "tern", "a" * 41, "ﷺ" * 3])
    assert known().isdisjoint({"lantern", "a" * 41})


def test_only_pages_that_are_live_are_remembered():
    make_author("Quixotina Zzz")
    make_story("Quixotic", live=False)
    story = make_story("Marigold")
    story.title = "Quixotry"
    story.save_revision()
    assert known() & {"quixotina", "quixotic", "quixotry", "marigold"} == {"marigold"}


def test_update_index_forgets_words_that_no_live_page_has():
    make_story("Quixotic marigold").delete()
    make_story("Quilting").unpublish()
    make_story("Marigold")
    call_command("update_index", verbosity=0)
    assert known() & {"quixotic", "quilting", "marigold"} == {"marigold"}
    assert corrected("marigolt") == ["Marigold"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_processes_remember_the_same_words_at_once():
    words = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}ven" for n in range(400)]

    def remember_shuffled(seed):
        try:
            remember_words([" ".join(random.Random(seed).sample(words, len(words)))])  # noqa: S311 - no secret
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(remember_shuffled, range(8)))
    assert {word for word in words if word.isalpha()} <= known()


# --- What is hidden ------------------------------------------------------------------------------


@pytest.fixture(params=WAYS_TO_HIDE, ids=lambda way: way.__name__)
def hidden(request):
    """A page that readers may not see, with “Quixotic title”."""
    return request.param()


def test_no_word_is_shown_that_only_a_hidden_page_has(hidden):
    make_story("Marigold title")
    assert corrected("quixotik") == []
    assert corrected("quixotik marigolt") == ["quixotik Marigold"]


def test_what_is_shown_for_a_hidden_word_tells_nothing_of_it(hidden):
    KnownWord.objects.all().delete()
    make_story("Quixotry")
    without = correct("quixotic")
    remember_words(["Quixotic"])
    assert correct("quixotic") == without == [Correction("Quixotry", is_clear=True)]


def test_no_form_of_a_public_word_is_shown_that_only_a_hidden_page_has():
    make_private(make_story("Marie"))
    make_story("Mary")
    assert stem("Marie", "en") == stem("Mary", "en")
    assert corrected("Mariee") == ["Mary"]


def test_what_was_hidden_is_corrected_to_once_it_is_public():
    section = make_private(make_index(make_index(), title="Section"))
    story = make_story("Quixotic", parent=section)
    assert corrected("quixotik") == []
    section.view_restrictions.all().delete()
    assert corrected("quixotik") == ["Quixotic"]
    story.unpublish()
    assert corrected("quixotik") == []


HIDDEN_WORDS = ["Quixotic", "Adebayo", "marigolds", "lanterns", "Zuleika", "harboured"]
SHOWN_WORDS = ["Quixotry", "Adebisi", "marigold", "lantern", "Zuleikha", "harbour"]


@pytest.fixture
def hidden_and_shown():
    make_private(make_story(" ".join(HIDDEN_WORDS)))
    make_story(" ".join(HIDDEN_WORDS)).unpublish()
    make_story(" ".join(SHOWN_WORDS), body=in_text("Nothing else."))


@st.composite
def misspelled(draw):
    word = list(draw(st.sampled_from(HIDDEN_WORDS + SHOWN_WORDS)))
    for _edit in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(word) - 1))
        word[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from(["", "a", "e", "s", "k"]))
        word = word or ["a"]
    return "".join(word)


@many(max_examples=100)
@given(words=st.lists(misspelled(), min_size=1, max_size=3))
def test_whatever_is_typed_no_hidden_word_is_shown(hidden_and_shown, words):
    public_words = {word.lower() for word in SHOWN_WORDS}
    for text in corrected(" ".join(words)):
        for typed, shown in zip(words, text.split(), strict=True):
            assert shown == typed or shown.lower() in public_words


# --- Whatever is typed ---------------------------------------------------------------------------


@many(max_examples=200)
@given(
    text=st.text(max_size=200)
    | st.lists(st.sampled_from(["Lantenr", "lanterm", '"', "-", "“", "’", "ﷺ", "ß", "i\u0307", "\0"])).map(
        "".join
    )
    | st.lists(st.text(st.characters(categories=["L", "M"]), max_size=12), max_size=12).map(" ".join)
)
def test_whatever_is_typed_it_is_answered(text):
    if not StoryPage.objects.exists():
        make_story("Lantern")
    for correction in correct(text, terms=("Sierra Leone", text)):
        assert correction.text != " ".join(text.split())
