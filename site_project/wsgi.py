"""The WSGI application, which gunicorn runs. It also applies what only the web server needs."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

django_application = get_wsgi_application()


def application(environ, start_response):
    """Call Django without a Content-Type header that it can't parse.

    Django would raise an error before its middleware runs, which gunicorn answers with status 500.
    """
    try:
        parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        environ["CONTENT_TYPE"] = ""
    return django_application(environ, start_response)


# These imports need the settings, which get_wsgi_application() loads.
from accounts.demo_account import refuse_in_production  # noqa: E402
from operations.postgresql import base as postgresql  # noqa: E402
from stories.renditions import use_background_thread  # noqa: E402

refuse_in_production()
postgresql.query_timeout = postgresql.SERVER_QUERY_TIMEOUT
use_background_thread()
