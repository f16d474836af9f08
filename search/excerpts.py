"""Shows where the words of a search stand in a text: marked, and in the part that has most of them."""

from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import mark_safe
from wagtail.rich_text import get_text_for_indexing

from search.analysis import iter_words, stem
from search.queries import leaves
from stories.blocks import words_of

# In words. A match is shown with some words before it.
EXCERPT, BEFORE = 40, 8
# Beyond this many matches in one text, the best part is found among the first.
COMPARED = 100


def summary_of(page):
    """Return what introduces `page`, as plain text."""
    introduction = getattr(page, "introduction", "")
    return getattr(page, "summary", "") or get_text_for_indexing(introduction) or page.search_description


def texts_to_read(page):
    """Yield the texts of `page` below its title, in the order of what tells most, without markup."""
    yield summary_of(page)
    if hasattr(page, "body"):
        yield from words_of(page.body)
    yield getattr(page, "lead_image_alt", "")


class Marker:
    """Marks what `query` asks for in texts in `language`."""

    def __init__(self, query, language):
        self.language = language
        self.phrases = {}
        for leaf in leaves(query) if query else ():
            self.phrases.setdefault(leaf.words[0], set()).add(leaf.words)

    def marked(self, text):
        """Return `text` as HTML, escaped, with the matches in <mark>."""
        words = list(iter_words(text))
        return self._html(text, words, self._matches(words), 0, len(text))

    def excerpt(self, text):
        """Return the part of `text` with most matches as HTML, or "" when it has none."""
        words = list(iter_words(text))
        matches = self._matches(words)
        if not matches:
            return ""
        first = self._best_start(matches)
        last = min(first + EXCERPT, len(words)) - 1
        start = words[first].start if first else 0
        end = words[last].end if last < len(words) - 1 else len(text)
        inside = {at: found for at, found in matches.items() if first <= at and found[0] <= last + 1}
        html = self._html(text, words, inside, start, end)
        return mark_safe(f"{'… ' if start else ''}{html}{' …' if end < len(text) else ''}")  # noqa: S308 - escaped

    def _matches(self, words):
        """{number of the first word: (number after the last, phrase)}, the longest where two begin."""
        tokens = [stem(word.text, self.language) for word in words]
        matches = {}
        for at, token in enumerate(tokens):
            for phrase in sorted(self.phrases.get(token, ()), key=len):
                if tuple(tokens[at : at + len(phrase)]) == phrase:
                    matches[at] = (at + len(phrase), phrase)
        return matches

    @staticmethod
    def _best_start(matches):
        """Return the number of the word with which the part begins that has most different matches."""
        starts = list(matches)[:COMPARED]

        def different(start):
            return len({matches[at][1] for at in starts if start <= at < start + EXCERPT - BEFORE})

        return max(max(starts, key=different) - BEFORE, 0)

    @staticmethod
    def _html(text, words, matches, start, end):
        parts, place = [], start
        for at, (after, _phrase) in matches.items():
            match_start, match_end = words[at].start, words[after - 1].end
            if match_start >= place:  # not inside the one before
                parts.append((text[place:match_start], text[match_start:match_end]))
                place = match_end
        marked = format_html_join("", "{}<mark>{}</mark>", parts)
        return marked + conditional_escape(text[place:end])
