"""Groups of the search vocabulary, and what a search finds with them."""

from search import analysis, finding, forms, parsing, similar_words, vocabulary
from search.models import VocabularyGroup


def make_group(*terms, **fields):
    """Return a new group of equal terms."""
    return VocabularyGroup.objects.create(terms="\n".join(terms), **fields)


def found(text):
    """Return the titles of the pages that a search for `text` finds, the best first."""
    form = forms.SearchForm({"q": text})
    form.is_valid()
    return [page.title for page in finding.Search(form).get_page(1)]


def synonyms(text, language="en"):
    """Return {tokens between spaces: TokenPhrase} of the synonyms of `text`."""
    phrases = vocabulary.Vocabulary(language).synonyms([word[0] for word in analysis.iter_words(text)])
    assert len({phrase.tokens for phrase in phrases}) == len(phrases), "there are duplicates"
    return {phrase.query_string: phrase for phrase in phrases}


def also_searched(text, language="en"):
    """Return the words that the search page says it searched too."""
    query = parsing.parse_query(text, language, vocabulary.Vocabulary(language)).query
    return list(similar_words.find_similar_words(query, language))
