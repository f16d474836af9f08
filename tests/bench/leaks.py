"""Benchmark of the leak check, which looks for protected words: those that would give a person away.

It looks for 1,000 of them in a story of 5,000 words.

    python -m tests.bench.leaks

The words are random, so that none is found. The result is printed as a line of JSON, in milliseconds.
"""

import json
import random
import string
import time

from safeguarding.leak_check.matching import Texts, make_term

# The words of the story, the protected words, the words of a paragraph, and how often the search is measured.
WORDS, TERMS, WORDS_OF_A_PARAGRAPH, RUNS = 5000, 1000, 80, 15


def main():
    source = random.Random(5)  # noqa: S311 - the same words every time
    words = [make_word(source) for _number in range(WORDS)]
    paragraphs = [
        f"<p>{' '.join(words[start : start + WORDS_OF_A_PARAGRAPH])}</p>"
        for start in range(0, WORDS, WORDS_OF_A_PARAGRAPH)
    ]
    # One half are of two words, the other of one.
    terms = [make_term(f"{make_word(source)} {make_word(source)}") for _number in range(TERMS // 2)]
    terms += [make_term(make_word(source)) for _number in range(TERMS // 2)]
    runs = sorted(measure(paragraphs, terms) for _run in range(RUNS))
    row = {"question": f"{WORDS} words, {TERMS} protected words", "median": round(runs[RUNS // 2], 1)}
    print(json.dumps(row | {"runs": [round(runs[0], 1), round(runs[-1], 1)]}))


def make_word(source):
    # Accented letters take the slower code path.
    return "".join(source.choices(string.ascii_lowercase + "éñ", k=source.randint(3, 9)))


def measure(paragraphs, terms):
    """Return the milliseconds that a search for `terms` in `paragraphs` takes."""
    start = time.perf_counter()
    texts = Texts(paragraphs)
    for term in terms:
        texts.find(term)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
