"""Configuration of gunicorn: log, memory and scheduled work. `gunicorn -c deploy/gunicorn.conf.py …`.

There is no access log, which would contain IP addresses, user agents, referrers and search words.
"""

import gc
import os
import sys
from threading import Event

from gunicorn.glogging import Logger

from operations.logs import JSONFormatter


class JSONLogger(Logger):
    """Gunicorn's logger, which has no setting for the class of its formatter."""

    def _set_handler(self, log, output, fmt, stream=None):
        super()._set_handler(log, output, JSONFormatter(), stream=sys.stdout)


logger_class = JSONLogger
# No header sets SCRIPT_NAME or PATH_INFO. By default, gunicorn accepts headers of these names from 127.0.0.1.
forwarder_headers = ""
# Seconds for which a thread computes before another one may. With Python's 5 ms, cached pages wait several
# times as long while two threads search.
sys.setswitchinterval(0.0005)


def pre_fork(_server, _worker):
    """Exclude loaded objects from garbage collection, so that worker processes share their memory."""
    gc.freeze()


def post_worker_init(_worker):
    """With SCHEDULER=1, do the scheduled work and the backups in threads of this process.

    A program of its own would need 130 MB. Of several processes, one does the work.
    """
    if os.environ.get("SCHEDULER") == "1":
        from operations.management.commands.run_due_work import start_threads  # It needs the settings.

        start_threads(Event())
