"""Limits how many searches and filtered lists a process makes at a time.

Anybody can ask for new words or parameters, for which no cache has the page. So without a limit, one visitor
could keep all threads of the process busy, and cached pages would wait. Whoever is refused gets the outage
page, which says that the site is busy, and has the help lines.
"""

from threading import BoundedSemaphore

from caching.outage import outage_page

# Each process of the server has four threads (deploy/start), so two stay free for other pages.
MAX_AT_ONCE = 2
places = BoundedSemaphore(MAX_AT_ONCE)


def busy_page():
    """Return the outage page for a request that is refused."""
    response = outage_page()
    response._has_been_logged = True  # Django would write an error to the log for each.
    return response
