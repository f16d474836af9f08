"""Groups of the search vocabulary, and what a search finds with them."""

from search.analysis import iter_words
from search.finding import Search
from search.forms import SearchForm
from search.models import VocabularyGroup
from search.parsing import parse_query
from search.similar_words import find_similar_words
from search.vocabulary import Vocabulary


def make_group(*terms, **fields):
    """Return a new group of equal terms."""
    return VocabularyGroup.objects.create(terms="\n".join(terms), **fields)


def found(text):
    """Return the titles of the pages that a search for `text` finds, the best first."""
    form = SearchForm({"q": text})
    form.is_valid()
    return [page.title for page in Search(form).get_page(1)]


def synonyms(text, language="en"):
    """Return {tokens between spaces: TokenPhrase} of the synonyms of `text`."""
    phrases = Vocabulary(language).synonyms([word[0] for word in iter_words(text)])
    assert len({phrase.tokens for phrase in phrases}) == len(phrases), "there are duplicates"
    return {phrase.query_string: phrase for phrase in phrases}


def also_searched(text, language="en"):
    """Return the words that the search page says it searched too."""
    query = parse_query(text, language, Vocabulary(language)).query
    return list(find_similar_words(query, language))
