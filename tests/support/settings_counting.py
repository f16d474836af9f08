"""Settings of tests/support/settings_production.py, with middleware that counts the pages that are made."""

from tests.support.settings_production import *  # noqa: F403
from tests.support.settings_production import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "tests.support.counting.RenderMiddleware"]
