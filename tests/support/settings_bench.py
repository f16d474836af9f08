"""The site's settings in try-out mode, but with static files compressed, as a site sends them."""

from site_project.settings import *  # noqa: F403
from site_project.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
WHITENOISE_USE_FINDERS = False  # serve what collectstatic wrote, which it compressed
