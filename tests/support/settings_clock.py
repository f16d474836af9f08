"""The settings in production, with a clock that is ahead by CLOCK_AHEAD seconds, for the drill midnight."""

import os
import time
from datetime import UTC, datetime, timedelta

import time_machine

from tests.support.settings_production import *  # noqa: F403

AHEAD = timedelta(seconds=float(os.environ["CLOCK_AHEAD"]))
time_machine.travel(datetime.now(UTC) + AHEAD, tick=True).start()
time.time()  # The clock begins to run when it is first read.
