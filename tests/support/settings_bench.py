"""The site's settings for benchmarks, with static files compressed, as a site in production sends them."""

from site_project.settings import *  # noqa: F403
from site_project.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
WHITENOISE_USE_FINDERS = False  # serve what collectstatic wrote, which it compressed
