"""The site's settings in try-out mode, in a folder of their own, and quicker where tests need it."""

import atexit
import os
import shutil
import tempfile

# One folder a test process: pictures and documents of one never meet those of another.
_folder = tempfile.mkdtemp(prefix="tests-data-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ |= {"TRY_OUT": "1", "DATA_DIR": _folder, "LOG_LEVEL": "WARNING"}

from site_project.settings import *  # noqa: E402, F403 - the environment comes first
from site_project.settings import ALLOWED_HOSTS  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
# A list of all static files takes long, and every client would make one.
WHITENOISE_AUTOREFRESH = True
