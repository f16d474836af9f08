"""The program that a web server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")

application = get_wsgi_application()

from site_project.demo_account import refuse_in_production  # noqa: E402 - needs the loaded settings

refuse_in_production()
