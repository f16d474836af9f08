"""Deletes files of Python packages that a running site never reads. The Dockerfile runs it.

    python deploy/leave_out.py

These are sources of translations, tests, static files (collectstatic has copied them), parts of Django and
Wagtail that the site does not use, and data for languages and AWS services that it does not use: about 100 MB
of 380. The script changes the virtual environment that runs it, so never run it in one for development.
"""

import os
import shutil
import sys
from pathlib import Path

import babel
import botocore
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
# The services of AWS that media/storage.py uses for files (s3) and for credentials (the others).
SERVICES = {"s3", "sts", "sso", "sso-oidc"}
UNUSED = ["django/contrib/admin/locale", "django/contrib/admindocs/locale", "django/contrib/gis"]
UNUSED += ["wagtail/project_template", "wagtail/test"]


def main():
    # The folder site-packages, in which all packages are.
    packages = Path(babel.__file__).parent.parent
    if sys.prefix == sys.base_prefix or not packages.is_relative_to(sys.prefix):
        sys.exit("Not in a virtual environment of its own: nothing was removed.")
    for path in packages.rglob("*.po"):  # Django reads the compiled .mo files
        path.unlink()
    unused = [packages / name for name in UNUSED]
    # ignore_errors: some of these folders are in others, and gone with them.
    for folder in [*packages.rglob("tests"), *packages.rglob("static"), *unused]:
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (Path(botocore.__file__).parent / "data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    # Each locale of Babel is derived from "root".
    languages = {"root"} | {code.partition("-")[0] for code, _name in settings.LANGUAGES}
    for path in (Path(babel.__file__).parent / "locale-data").glob("*.dat"):
        if path.stem.partition("_")[0] not in languages:
            path.unlink()


if __name__ == "__main__":
    main()
