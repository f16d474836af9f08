"""Words for the index: the same whoever else asks for some at that moment."""

import sys
from concurrent.futures import ThreadPoolExecutor

from search.analysis import stem

WORDS = [
    start + end
    for start in ("gener", "harbour", "organ", "travel")
    for end in ("ations", "ising", "fully", "ed")
]


def test_threads_do_not_mix_up_their_words():
    alone = [stem.__wrapped__(word, "en") for word in WORDS]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            asked = [
                threads.submit(lambda: [stem.__wrapped__(word, "en") for word in WORDS]) for _ in range(400)
            ]
            assert all(each.result() == alone for each in asked)
    finally:
        sys.setswitchinterval(interval)
