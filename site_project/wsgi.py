"""The WSGI application, which gunicorn runs: Django in the page cache, and what only the web server needs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

application = get_wsgi_application()

# The imports need the settings, which get_wsgi_application() loads.
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.demo_account import refuse_in_production  # noqa: E402
from caching.page_cache import PageCache  # noqa: E402
from operations import locks, statement_timeout  # noqa: E402
from safeguarding.keys import refuse_wrong_keys  # noqa: E402
from stories.renditions import use_background_thread  # noqa: E402

if settings.PAGE_CACHE:
    application = PageCache(application)
refuse_in_production()
refuse_wrong_keys()  # those of SAFEGUARDING_KEYS
# gunicorn forks after this, and the worker processes must not share a connection.
connection.close()
statement_timeout.use_in_server()
use_background_thread()  # for the sizes of pictures that a page needs
# Until the last process ends, no backup can be restored. One that is being restored is waited for.
locks.share("site")
