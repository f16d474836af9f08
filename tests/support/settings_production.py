"""The site's settings in production, but with static files as they lie in the repository."""

from site_project.settings import *  # noqa: F403
from site_project.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
ROOT_URLCONF = "tests.support.production_urls"
