"""Runs Python, manage.py and the settings with chosen environment variables."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

from django.conf import global_settings

from tests.support.production import BARE

ROOT = Path(__file__).parents[2]
# The variables that production needs.
REQUIRED = {"SECRET_KEY": "k3y-of-the-tests-with-many-characters-0123456789-abcdefgh"}
REQUIRED["BASE_URL"] = "https://stories.example.org"


def run(code, tmp_path, **variables):
    """Run Python code in production mode, with `tmp_path` as data folder; return the finished process."""
    environment = BARE | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "site_project.settings"}
    options = {"capture_output": True, "text": True}
    environment |= REQUIRED | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, **options, check=False)


def read_settings(tmp_path, **variables):
    """Return {name: value} of all settings in production mode, with `tmp_path` as data folder.

    Raises SystemExit where the start of a program would end.
    """
    environment = BARE | {"DATA_DIR": str(tmp_path)} | REQUIRED | variables
    with mock.patch.dict(os.environ, environment, clear=True):
        return vars(global_settings) | runpy.run_path(ROOT / "site_project" / "settings.py")


def variables_in_code():
    """Return the names of the environment variables that are read for the settings."""
    code = "".join((ROOT / "site_project" / name).read_text() for name in ("environment.py", "settings.py"))
    start = re.findall(r"\$\{(PORT|WEB_CONCURRENCY|SCHEDULER):-", (ROOT / "deploy" / "start").read_text())
    secret_names = re.findall(r"read_secret\(\s*\"([A-Z0-9_]+)\"", code)
    return {
        *start,
        *re.findall(r"read\w*\(\s*\"([A-Z0-9_]+)\"", code),
        *(f"{name}_FILE" for name in secret_names),
    }
