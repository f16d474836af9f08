"""What editors want to be found first for certain words: Wagtail's own promoted search results."""

from django.db.models import Q
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from caching.generation import kept
from publishing.visibility import published_pages
from search.analysis import fold_words


def promoted(text, language):
    """Return the promotions for exactly the words of `text`, whatever their case and accents, in order.

    Each has a `page` that is public and in `language`, or else an `external_link_url` and its
    `external_link_text`; and a `description`, which may be empty.
    """
    words = fold_words(text)
    if not words:
        return []
    entered = kept("promotions", lambda: list(entered_words()))
    queries = [pk for pk, terms in entered if fold_words(terms) == words]
    if not queries:
        return []
    pages = published_pages().filter(locale__language_code=language)
    is_web = Q(external_link_url__istartswith="https://") | Q(external_link_url__istartswith="http://")
    promotions = SearchPromotion.objects.filter(Q(page__in=pages) | Q(is_web, page=None), query__in=queries)
    return list(promotions.select_related("page").order_by("query_id", "sort_order", "pk"))


def entered_words():
    """Return rows of (key, words) of all that editors entered.

    Nothing that visitors typed is among them: nobody but editors makes a Query here.
    """
    entered = Query.objects.filter(pk__in=SearchPromotion.objects.values("query"))
    return entered.values_list("pk", "query_string")
