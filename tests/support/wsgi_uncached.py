"""The site's WSGI application without its cache of pages, to measure how long pages take to make.

Values that several pages share are still cached.

gunicorn tests.support.wsgi_uncached
"""

from site_project.wsgi import application
from tests.support.wsgi import forget_pages

forget_pages(application)
