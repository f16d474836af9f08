"""The WSGI application, which gunicorn runs. It also applies what only the web server needs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

django_application = get_wsgi_application()

# These imports need the settings, which get_wsgi_application() loads.
from accounts.demo_account import refuse_in_production  # noqa: E402
from operations.content_type import drop_unusable_content_type  # noqa: E402
from operations.postgresql import base as postgresql  # noqa: E402
from stories.renditions import use_background_thread  # noqa: E402

application = drop_unusable_content_type(django_application)
refuse_in_production()
postgresql.query_timeout = postgresql.SERVER_QUERY_TIMEOUT
use_background_thread()
