"""The WSGI application, which gunicorn runs. It also applies what only the web server needs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

application = get_wsgi_application()

# These imports need the settings, which get_wsgi_application() loads.
from accounts.demo_account import refuse_in_production  # noqa: E402
from operations import statement_timeout  # noqa: E402
from stories.renditions import use_background_thread  # noqa: E402

refuse_in_production()
statement_timeout.use_in_server()
use_background_thread()
