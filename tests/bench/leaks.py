"""Benchmark of the leak check, which looks for protected words: those that would give a person away.

It looks for 1,000 of them in a story of 5,000 words.

    python -m tests.bench.leaks

The words are random, so that none is found. The result is printed as a line of JSON, in milliseconds.
"""

import itertools
import json
import random
import string
import time

from safeguarding.leak_check.matching import Texts, make_term

RUNS = 15


def main():
    source = random.Random(5)  # noqa: S311 - the same words every time
    # Accented letters take the slower code path.
    letters = string.ascii_lowercase + "éñ"
    words = ["".join(source.choices(letters, k=source.randint(3, 9))) for _number in range(6500)]
    paragraphs = [f"<p>{' '.join(part)}</p>" for part in itertools.batched(words[:5000], 80)]
    # One half are of two words, the other of one.
    terms = [make_term(f"{words[n]} {words[-n]}") for n in range(5500, 6000)]
    terms += [make_term(word) for word in words[5000:5500]]
    times = []
    for _run in range(RUNS):
        start = time.perf_counter()
        texts = Texts(paragraphs)
        for term in terms:
            texts.find(term)
        times.append(round((time.perf_counter() - start) * 1000, 1))
    row = {"question": "5000 words, 1000 protected words", "median": sorted(times)[RUNS // 2]}
    print(json.dumps(row | {"runs": [min(times), max(times)]}))


if __name__ == "__main__":
    main()
