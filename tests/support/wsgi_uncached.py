"""The site's WSGI application without its cache of pages, to measure how long pages take to make.

Values that several pages share are still cached. No search or filtered list is refused.

gunicorn tests.support.wsgi_uncached
"""

from threading import BoundedSemaphore

from caching import busy

busy.places = BoundedSemaphore(100)  # before the modules that import it

from site_project.wsgi import application  # noqa: E402
from tests.support.wsgi import forget_pages  # noqa: E402

forget_pages(application)
