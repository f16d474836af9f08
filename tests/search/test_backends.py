"""The search backends: what they find, in spite of the faults of modelsearch, Wagtail's search.

Most tests run on both databases.
"""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from modelsearch.query import MATCH_ALL, And, Not, Or, Phrase, PlainText
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from search import ranking
from stories.models import StoryPage
from tests.support import vocabulary
from tests.support.builders import home_page, make_image, make_plain_page, make_story

pytestmark = pytest.mark.django_db


def titles(query, pages=None, **options):
    """Return the titles of what the backend finds among `pages`, a queryset; by default, among all pages."""
    pages = Page.objects if pages is None else pages
    return [page.title for page in pages.search(query, **options)]


def test_a_word_is_found_in_any_inflection_and_spelling():
    expected = {
        "The road to Kédougou": ["kedougou", "KÉDOUGOU"],
        "Trafficking is a crime": ["traffickers", "trafficked"],
        "Kofi’s boat": ["kofi", "kofi's", "kofi\x00"],
        "Le cœur de l’été": ["coeur", "été"],
        "They were mining": ["mines"],
        "No forced labour here": ["forced-labour"],
    }
    for title in expected:
        make_story(title)
    wrong = [(query, title) for title in expected for query in expected[title] if titles(query) != [title]]
    assert wrong == []


QUERY_SYNTAX = ['"', 'a"b', '""', "'", "  ", "", "-", "(", "AND", "*", "a:b", "\\", "&", "|", "!", "<->"]


def test_punctuation_is_no_error_and_no_query_syntax():
    make_story("A lantern")
    for query in QUERY_SYNTAX:
        assert titles(query) == titles(Phrase(query)) == [*Page.objects.autocomplete(query)] == [], query


def test_queries_can_be_combined_and_negated():
    for title in ("Red boat", "Red house", "Blue house"):
        make_story(title)
    pages = StoryPage.objects.order_by("title")
    for query, found in (
        (And([PlainText("red"), Not(PlainText("house"))]), ["Red boat"]),
        (Or([Phrase("red boats"), PlainText("blue")]), ["Blue house", "Red boat"]),
        (Phrase("boat red"), []),
        (Not(PlainText("red")), ["Blue house"]),
    ):
        assert titles(query, pages, order_by_relevance=False) == found, query
    either = titles("red blue", pages, order_by_relevance=False, operator="or")
    assert either == ["Blue house", "Red boat", "Red house"]
    # If the queryset has no order, the newest of the pages that match equally well come first.
    for unordered in ({}, {"order_by_relevance": False}):
        found = StoryPage.objects.order_by()
        assert titles(MATCH_ALL, found, **unordered) == ["Blue house", "Red house", "Red boat"]
        assert titles(Not(PlainText("boat")), found, **unordered) == ["Blue house", "Red house"]
        assert titles("house", found, **unordered)[0] == "Blue house"


def test_the_best_match_comes_first_for_one_word_and_for_several():
    """On SQLite, modelsearch puts the best match of an And last."""
    filler = "Other words of a long text. " * 40

    def body(words):
        return [{"type": "text", "value": f"<p>{filler}{words}</p>"}]

    make_story("One mention", body=body("slavery in a brick kiln"))
    make_story("Slavery in the brick kiln")
    make_story("Many mentions", body=body("slavery brick kiln " * 10))
    expected = ["Slavery in the brick kiln", "Many mentions", "One mention"]
    assert titles("slavery") == expected
    assert titles("slavery kiln") == expected
    assert titles(And([PlainText("slavery"), Phrase("brick kiln")])) == expected


def test_of_too_many_matches_those_with_the_word_in_the_title_are_ranked(monkeypatch):
    monkeypatch.setattr(ranking, "MAX_SCORED", 1)
    make_story("Lantern")
    make_story("Newer", summary="A lantern.")
    assert titles("lantern") == ["Lantern", "Newer"]
    assert titles("lantern", fields=["title"]) == ["Lantern"]
    vocabulary.make_group("lantern", "lamp")
    make_story("Lamp")
    assert vocabulary.found("lantern") == ["Lantern", "Newer", "Lamp"], "the typed word comes first"


def test_results_can_be_sliced_and_counted():
    for number in range(5):
        make_story(f"Lantern {number}", summary="A lantern. " * (number + 1))
    results = Page.objects.search("lantern")
    assert results.count() == 5
    kind, whole = results[0].content_type_id, [page.pk for page in results]
    assert results.facet("content_type_id") == {kind: 5}
    # New results: `results` has all of them by now.
    assert [page.pk for page in Page.objects.search("lantern")[1:3]] == whole[1:3]
    assert Page.objects.search("lantern")[4].pk == whole[4]
    by_title = StoryPage.objects.order_by("title").search("lantern", order_by_relevance=False)
    assert [page.title for page in by_title[1:3]] == ["Lantern 1", "Lantern 2"]


def test_autocomplete_finds_titles_without_accents():
    expected = dict.fromkeys(["kedo", "road ked"], "The road to Kédougou") | {"Traffickin": "Trafficking"}
    for title in {*expected.values()}:
        make_story(title)
    found = {typed: [page.title for page in Page.objects.autocomplete(typed)] for typed in expected}
    assert found == {typed: [title] for typed, title in expected.items()}
    assert titles("kedo") == [], "a search is for whole words"


def test_a_changed_page_is_found_by_its_new_words_only():
    """On SQLite, triggers write the full-text index."""
    story = make_story("Lantern", countries=["KE"])
    story.title = "Candle"
    story.save_revision().publish()
    assert (titles("lantern"), titles("candle")) == ([], ["Candle"])
    get_search_backend().reset_indexes()
    assert titles("candle") == []
    call_command("update_index", verbosity=0)
    # The second is the token of Kenya in the index.
    assert titles("candle") == titles("countryke0") == ["Candle"]
    story.delete()
    assert titles("candle") == []


def test_writing_an_entry_does_not_read_all_others():
    """modelsearch computes the average length of all titles each time."""
    story = make_story("Lantern")
    with CaptureQueriesContext(connection) as queries:
        get_search_backend().add(story)
    assert not [query["sql"] for query in queries if "AVG(" in query["sql"]]


def test_a_page_is_stemmed_by_the_rules_of_its_language():
    home = home_page().copy_for_translation(Locale.objects.get_or_create(language_code="fr")[0])
    home.title = "Les tribunaux nationaux"
    home.save_revision().publish()
    assert titles("tribunal national") == ["Les tribunaux nationaux"]


def test_images_are_found_in_the_admin_by_title_and_tags_and_are_no_pages():
    image = make_image(title="A boat at dawn", pk=make_story().pk)
    image.tags.add("Lake Malawi")
    get_search_backend().add(image)
    for words in ("boats", "lake"):
        assert list(type(image).objects.search(words)) == [image]
    assert titles("boat") == []


def test_words_beside_markup_and_line_breaks_are_found():
    """The searchable content of a body is a list, whose repr() would have the letter n at a line break."""
    make_plain_page("Signs", introduction="a < b & c > d <b>bold</b>")
    quote = {"text": "Walls.\nMarigolds.", "attribution": "", "language": ""}
    make_story("Lantern", body=[{"type": "quote", "value": quote}])
    assert (titles("bold"), titles("marigolds")) == (["Signs"], ["Lantern"])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has extensions and this fault")
def test_postgresql_needs_no_extension_and_uses_the_index_for_common_words():
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")
        assert cursor.fetchall() == []
        # 5,000 long entries with the word, of stories that need not exist.
        cursor.execute(
            "INSERT INTO wagtailsearch_indexentry (content_type_id, object_id, title_norm, title_text, "
            "body_text, title, autocomplete, body) SELECT %s, number, 1, '', '', '', '', "
            "to_tsvector('simple', 'lantern ' || repeat(md5(number::text) || ' ', 100)) "
            "FROM generate_series(900001, 905000) number",
            [ContentType.objects.get_for_model(StoryPage).pk],
        )
        cursor.execute("ANALYZE wagtailsearch_indexentry")
    compiler = get_search_backend().query_compiler_class(Page.objects.all(), "lantern")
    plan = compiler.matching_pks(compiler.query_tree).explain()
    assert "Index Scan" in plan and "Seq Scan on wagtailsearch_indexentry" not in plan


def test_editors_can_search_pages_as_they_type(admin_client):
    """Also with quotation marks, and before anything is typed: Wagtail then lists all pages."""
    make_story("The road home")
    expected = {"": True, "roa": True, '"the road" hom': True, '"home road"': False, "zeppelin": False}
    # Wagtail asks for this address while an editor types; /admin/pages/search/ has the list in a page.
    url = "/admin/pages/search/results/"
    assert {q: "The road home" in admin_client.get(url, {"q": q}).text for q in expected} == expected
