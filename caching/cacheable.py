"""Declares which responses the page cache may store, and which query parameters they depend on.

A view without parameters does so with the decorator `cacheable`, a page type with the attribute
`cacheable_parameters`: the names of its parameters. All others are removed before the page is rendered. So a
parameter that is not declared has no effect at all, and the page without it is the same page.
"""

import re
from functools import cache, wraps
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse, QueryDict
from wagtail.models import get_page_models

from caching.busy import busy_page

# The key of the CacheRequest in the WSGI environment. caching/page_cache.py sets it, for requests that any
# visitor could have sent: not with a session, for example.
ENVIRON_KEY = "caching.request"
# The values that some parameters can have, wherever they are declared. Other values are ignored. The number
# of a page has up to six digits. "text" asks for the text-only version.
VALUES = {"page": re.compile(r"[0-9]{1,6}"), "text": re.compile("1")}


def cacheable(view):
    """Decorate a view without query parameters whose response with status 200 is the same for everybody.

    Write it above all other decorators, so that they get the request as begin_cacheable() has changed it.
    """

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        return begin_cacheable(request, []) or view(request, *args, **kwargs)

    return wrapper


def begin_cacheable(request, parameters):
    """Say that the response to `request` may be cached, and depends only on the address and on `parameters`.

    Change `request`, so that this is true: remove other query parameters and, if the page cache handles the
    request, also the method HEAD. The page cache applies If-None-Match, and ignores other conditions, as HTTP
    allows: a view must not apply any.
    Return None if the caller has to make the response, or else a response to return at once.
    """
    query = normalise_query(request.META.get("QUERY_STRING", ""), parameters)
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
    cache_request = request.META.get(ENVIRON_KEY)
    if cache_request is None:
        return None
    request.method = "GET"
    if cache_request.begin(query):
        return None
    if cache_request.page:
        return HttpResponse()  # The page cache replaces it with the page.
    # Another request is making the page, and takes too long; or the process makes too many pages.
    return busy_page()


@cache
def declared_parameters():
    """Return the names of the query parameters that some page type reads."""
    return frozenset(
        name for model in get_page_models() for name in getattr(model, "cacheable_parameters", ())
    )


def will_be_cached(request, response):
    """Return whether `response` is left to the page cache, which compresses it.

    The page cache leaves it as it is if a header, such as Set-Cookie, says that it is for one visitor.
    """
    cache_request = request.META.get(ENVIRON_KEY)
    return cache_request is not None and cache_request.is_cacheable and response.status_code == 200


def parse_query(query):
    """Return {name: value} of the query string `query`. Of several values, the last one counts.

    WSGI passes the bytes of a query string decoded as Latin-1. They are UTF-8.
    """
    text = query.encode("latin-1").decode(errors="replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def normalise_query(query, parameters):
    """Return the query string with only those of `parameters` that have a value in `query`, by name.

    Query strings that ask for the same page become the same, whatever their order and encoding.
    """
    if not query or not parameters:  # saves the time to parse nothing, at each request
        return ""
    values = parse_query(query)
    return urlencode([(name, values[name]) for name in sorted(parameters) if is_set(name, values)])


def is_set(name, values):
    """Return whether the parameter `name` has a value in the dictionary `values` that VALUES allows."""
    value = values.get(name)
    return bool(value) and (name not in VALUES or VALUES[name].fullmatch(value) is not None)
