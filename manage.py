#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from site_project import VERSION
from site_project.environment import refuse_wrong_database

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_project.settings")
    if sys.argv[1:] == ["version"]:  # Django's own command of this name prints the version of Django.
        sys.stdout.write(f"{VERSION}\n")
        sys.exit()
    try:
        execute_from_command_line(sys.argv)
    except DatabaseError:
        refuse_wrong_database()
        raise
