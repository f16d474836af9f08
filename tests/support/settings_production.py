"""The site's settings in production, with uncompressed static files, quick passwords, and URLs that fail."""

from site_project.settings import *  # noqa: F403
from site_project.settings import STORAGES

# The files are served from the folders of the apps, so that no test has to collect them.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
ROOT_URLCONF = "tests.support.production_urls"  # adds views that fail
# As in tests/settings.py. Django's default takes half a second of a processor for each password.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
