"""Middleware that refuses searches and suggestions while the process is busy with others."""

import re

from caching.busy import busy_page, places

# The beginning of the paths of the search page and the suggestions in any language, as in deploy/nginx.conf.
SEARCH_PATH = re.compile(r"(/[a-z]{2,3}(-[a-z]+)?)?/search/")


def limit_searches(get_response):
    """Answer with 503 at once. It is early in MIDDLEWARE, so that this takes as little time as it can."""

    def answer(request):
        if not SEARCH_PATH.match(request.path_info):
            return get_response(request)
        if not places.acquire(blocking=False):
            return busy_page()
        try:
            return get_response(request)
        finally:
            places.release()

    return answer
