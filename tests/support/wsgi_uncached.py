"""The site's WSGI application for measurements: no page is cached, but what pages have in common is.

gunicorn tests.support.wsgi_uncached
"""

from site_project.wsgi import application
from tests.support.wsgi import forget_pages

forget_pages(application)
