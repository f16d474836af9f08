"""Text analysis for the search: stemming in several threads at once."""

import sys
from concurrent.futures import ThreadPoolExecutor

from search.analysis import stem

WORDS = [
    start + end
    for start in ("gener", "harbour", "organ", "travel")
    for end in ("ations", "ising", "fully", "ed")
]


def test_threads_do_not_share_a_stemmer():
    # stem.__wrapped__ is the function without its cache.
    expected = [stem.__wrapped__(word, "en") for word in WORDS]
    # So short an interval lets Python switch to another thread in the middle of a call of the stemmer.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            results = [
                threads.submit(lambda: [stem.__wrapped__(word, "en") for word in WORDS]) for _ in range(400)
            ]
            assert all(result.result() == expected for result in results)
    finally:
        sys.setswitchinterval(interval)
