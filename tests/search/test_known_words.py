"""KnownWords, the words of live pages to which misspelt words can be corrected: which are stored, and how."""

import random
from concurrent.futures import ThreadPoolExecutor
from string import ascii_lowercase

import pytest
from django.core.management import call_command
from django.db import connection

from search.known_words import get_site_words, store_known_words
from search.models import KnownWord
from tests.support.builders import make_author, make_story

pytestmark = pytest.mark.django_db


def known_words():
    return set(KnownWord.objects.values_list("folded", flat=True))


def test_a_word_is_stored_once_with_its_spelling():
    make_story("Slavery in Kédougou", summary="The slavery of KÉDOUGOU, and of 21st and its x1y2 art.")
    written = dict(KnownWord.objects.values_list("folded", "written"))
    assert written["kedougou"] == "Kédougou"
    assert written["slavery"] == "slavery"
    assert not written.keys() & {"art", "21st", "x1y2", "in"}  # too short, or with digits
    make_story("KEDOUGOU again")
    assert KnownWord.objects.get(folded="kedougou").written == "Kédougou"


def test_a_spelling_too_long_for_the_database_is_left_out():
    before = known_words()
    # Too long with its accents, by itself, and when it is folded.
    store_known_words(["lan" + "\u0301" * 80 + "tern", "a" * 41, "ﷺ" * 3])
    assert known_words() == before


def test_only_words_of_live_pages_are_stored():
    make_author("Quixotina Zzz")
    make_story("Quixotic", live=False)
    story = make_story("Marigold")
    story.title = "Quixotry"
    story.save_revision()
    assert known_words() & {"quixotina", "quixotic", "quixotry", "marigold"} == {"marigold"}


def test_update_index_deletes_words_that_no_live_page_has():
    make_story("Quixotic marigold").delete()
    make_story("Quilting").unpublish()
    make_story("Marigold")
    call_command("update_index", verbosity=0)
    assert known_words() & {"quixotic", "quilting", "marigold"} == {"marigold"}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_several_processes_can_store_the_same_words_at_once():
    # A thread has a database connection of its own, as a process has.
    words = [f"{first}{second}ven" for first in ascii_lowercase for second in ascii_lowercase[:16]]

    def store_shuffled(seed):
        try:
            store_known_words([" ".join(random.Random(seed).sample(words, len(words)))])  # noqa: S311 - no secret
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store_shuffled, range(8)))
    assert set(words) <= known_words()


def test_known_words_are_read_with_one_query_and_only_if_there_are_new_ones(django_assert_num_queries):
    make_story("Lantern")
    for number in (2, 1):
        with django_assert_num_queries(number):
            assert "lantern" in get_site_words()
    make_story("Quilting")
    assert "quilting" in get_site_words()
