"""Limits how many searches and filtered lists a process makes at a time, because anybody can ask for new ones.

No cache has the page for new words or parameters. So without a limit, one visitor could keep all threads of the
process busy, and the pages that are cached would wait. Whoever is refused gets the outage page, which says that the
site is busy, and has the help lines.
"""

from functools import wraps
from threading import BoundedSemaphore

from caching.outage import outage_page

# Each process of the server has four threads (deploy/start), so two stay free for other pages.
MAX_AT_ONCE = 2
places = BoundedSemaphore(MAX_AT_ONCE)


def busy_page():
    """Return the outage page for a request that is refused."""
    response = outage_page(is_outage=False)
    response._has_been_logged = True  # Django would write an error to the log for each.
    return response


def refuse_if_busy(view):
    """Decorate a view that searches to answer 503 at once while the process is busy."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if not places.acquire(blocking=False):
            return busy_page()
        try:
            return view(request, *args, **kwargs)
        finally:
            places.release()

    return wrapper
