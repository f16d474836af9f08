"""The site's WSGI application for measurements. It caches no page, only values that pages have in common.

gunicorn tests.support.wsgi_uncached
"""

from site_project.wsgi import application
from tests.support.wsgi import forget_pages

forget_pages(application)
