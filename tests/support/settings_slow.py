"""Settings of settings_production.py. While the data folder has a file "slow", each statement takes 0.3 s."""

import time

from django.db.backends.signals import connection_created

from tests.support.settings_production import *  # noqa: F403
from tests.support.settings_production import DATA_DIR


def wait(execute, *arguments):
    time.sleep(0.3 * (DATA_DIR / "slow").exists())
    return execute(*arguments)


def slow_down(connection, **_arguments):
    connection.execute_wrappers.append(wait)


connection_created.connect(slow_down)
