"""The settings of the tests: those of try-out mode, with a data folder of their own, and quicker."""

import atexit
import os
import shutil
import tempfile

# Each test process has its own folder, so that it does not see the files of another.
_folder = tempfile.mkdtemp(prefix="tests-data-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ |= {"TRY_OUT": "1", "DATA_DIR": _folder, "LOG_LEVEL": "WARNING"}

from site_project.settings import *  # noqa: E402, F403 - the environment comes first
from site_project.settings import ALLOWED_HOSTS  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# As on a site with a mail server. The mails stay in memory, in django.core.mail.outbox.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
WAGTAIL_PASSWORD_RESET_ENABLED = SENDS_MAIL = True
# Otherwise WhiteNoise lists all static files when it starts, which takes long.
WHITENOISE_AUTOREFRESH = True
