"""The site's settings for benchmarks, with static files compressed, as a site in production sends them."""

from site_project.settings import *  # noqa: F403
from site_project.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "site_project.static_storage.MinifyingStorage"}
WHITENOISE_USE_FINDERS = False  # serve what collectstatic wrote, which it compressed
