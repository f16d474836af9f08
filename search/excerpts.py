"""Highlights the matches of a query in titles and excerpts, and yields the texts for an excerpt of a page.

An excerpt is the part of one text with the most different matches. search/views.py takes the first text of a
page that has a match.
"""

from django.utils.html import escape, format_html_join
from django.utils.safestring import mark_safe

from caching.versioned_cache import cached
from media.models import CleanImage
from search.analysis import iter_words, may_contain, stem
from search.parsing import iter_phrases
from stories.body import get_picture_keys, iter_texts

# In words: the length of an excerpt, and how many of them stand before its first match.
EXCERPT_LENGTH, WORDS_BEFORE_MATCH = 40, 8
# Matches in one text among which the best start of an excerpt is looked for.
MAX_COMPARED_MATCHES = 100


def find_shown_pictures(pages):
    """Return {primary key: picture} of the pictures of `pages` that may be shown today, with one query."""
    keys = {page.lead_image_id for page in pages if getattr(page, "lead_image_id", None)}
    keys |= {key for page in pages if hasattr(page, "body") for key in get_picture_keys(page.body)}
    # {primary key: picture, or None if it may not be shown}
    pictures = cached.many("shown pictures", keys, load_pictures)
    return {key: picture for key, picture in pictures.items() if picture}


def load_pictures(keys):
    found = CleanImage.objects.in_bulk(keys)
    return {key: found[key] if key in found and found[key].is_shown else None for key in keys}


def iter_page_texts(page, shown_pictures):
    """Yield the texts of `page`, without its title, as plain text. The first ones say most about it.

    Texts about a picture are left out unless it may be shown. `shown_pictures`: what `find_shown_pictures`
    returned for a list of pages with `page`.
    """
    yield page.plain_summary
    if hasattr(page, "body"):
        for text in iter_texts(page.body, shown_pictures):
            yield " · ".join(filter(None, text.splitlines()))
    if getattr(page, "lead_image_id", None) in shown_pictures:
        yield page.lead_image_alt


class Highlighter:
    """Wraps what matches `query`, a tree of TokenPhrases or None, in <mark> elements.

    `language`: the ISO code of the language of the texts.
    """

    def __init__(self, query, language):
        self.language = language
        # {first token: the phrases that begin with it, each a tuple of tokens, the shortest first}
        self._phrases = {}
        phrases = {phrase.tokens for phrase in iter_phrases(query)} if query else ()
        for phrase in sorted(phrases, key=len):
            self._phrases.setdefault(phrase[0], []).append(phrase)

    def highlight(self, text):
        """Return the whole `text` as safe HTML with its matches highlighted."""
        words = list(iter_words(text))
        return render_marked(text, words, self._find_matches(words), 0, len(text))

    def excerpt(self, text):
        """Return the part of `text` with the most different matches as safe HTML, or "" without a match."""
        # Most texts have no match.
        if not may_contain(text, self._phrases.keys(), self.language):
            return ""
        words = list(iter_words(text))
        matches = self._find_matches(words)
        if not matches:
            return ""
        first = find_best_start(matches)
        last = min(first + EXCERPT_LENGTH, len(words)) - 1
        start = words[first].start() if first else 0
        end = words[last].end() if last < len(words) - 1 else len(text)
        inside = {
            position: (end_position, phrase)
            for position, (end_position, phrase) in matches.items()
            if first <= position and end_position <= last + 1
        }
        html = render_marked(text, words, inside, start, end)
        return mark_safe(f"{'… ' if start else ''}{html}{' …' if end < len(text) else ''}")  # noqa: S308 - escaped

    def _find_matches(self, words):
        """Return {index of a match's first word: (index after its last word, tokens)}.

        Of matches that begin with the same word, the longest is kept.
        """
        tokens = [stem(word[0], self.language) for word in words]
        matches = {}
        for position, token in enumerate(tokens):
            for phrase in self._phrases.get(token, ()):
                if tuple(tokens[position : position + len(phrase)]) == phrase:
                    matches[position] = (position + len(phrase), phrase)
        return matches


def find_best_start(matches):
    """Return the index of the first word of the excerpt with the most different matches."""
    positions = list(matches)[:MAX_COMPARED_MATCHES]

    def count_different(start):
        end = start + EXCERPT_LENGTH - WORDS_BEFORE_MATCH
        return len({matches[position][1] for position in positions if start <= position < end})

    return max(max(positions, key=count_different) - WORDS_BEFORE_MATCH, 0)


def render_marked(text, words, matches, start, end):
    """Return `text[start:end]` as safe HTML with `matches` highlighted."""
    parts, rendered_to = [], start
    for position, (end_position, _phrase) in matches.items():
        match_start, match_end = words[position].start(), words[end_position - 1].end()
        # A match that overlaps the one before stays unmarked.
        if match_start >= rendered_to:
            parts.append((text[rendered_to:match_start], text[match_start:match_end]))
            rendered_to = match_end
    highlighted = format_html_join("", "{}<mark>{}</mark>", parts)
    return highlighted + escape(text[rendered_to:end])
