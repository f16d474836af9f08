"""A site that takes "wordpress_import" out of INSTALLED_APPS, one line, loads nothing of it and works."""

import pytest

from tests.support.environment import run

CODE = """
import sys
from django.conf import settings
settings.INSTALLED_APPS.remove("wordpress_import")
from site_project.wsgi import application
from django.core.management import call_command
from django.urls import get_resolver
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True)
get_resolver().url_patterns
print([name for name in sys.modules if name.startswith("wordpress_import")])
from caching.cache_request import FOREIGN_PARAMETERS
print(FOREIGN_PARAMETERS)
"""


@pytest.mark.sqlite_only
def test_site_without_the_import_loads_nothing_of_it(tmp_path):
    process = run(CODE, tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-2:] == ["[]", "set()"], process.stdout
