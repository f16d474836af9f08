"""Finds the search results that editors promote for certain words, by wagtail.contrib.search_promotions."""

from django.db.models import Q
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from caching.versioned_cache import cached
from publishing.visibility import published_pages
from search.analysis import fold_words


def find_promotions(text, language):
    """Return the SearchPromotions for exactly the words of `text`, in the editors' order, as a list.

    Case, accents and punctuation make no difference. Each promotion has a public `page` in `language`, an
    ISO code, or else an `external_link_url` that begins with http:// or https://.
    """
    words = fold_words(text)
    if not words:
        return []
    queries = cached("promotions", lambda: list(get_promoted_queries()))
    query_pks = [pk for pk, query_string in queries if fold_words(query_string) == words]
    if not query_pks:
        return []
    pages = published_pages().filter(locale__language_code=language)
    is_web_link = Q(external_link_url__istartswith="https://") | Q(external_link_url__istartswith="http://")
    is_usable = Q(page__in=pages) | Q(is_web_link, page=None)
    promotions = SearchPromotion.objects.filter(is_usable, query__in=query_pks)
    return list(promotions.select_related("page").order_by("query_id", "sort_order", "pk"))


def get_promoted_queries():
    """Return rows (primary key, words) of the Queries with a promotion.

    They hold editors' words only: the search page stores no Query for what visitors type.
    """
    queries = Query.objects.filter(pk__in=SearchPromotion.objects.values("query"))
    return queries.values_list("pk", "query_string")
