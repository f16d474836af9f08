"""gunicorn's own log in the form of the site's, and less memory: `gunicorn -c deploy/gunicorn.conf.py …`.

There is no log of requests: it would hold addresses, user agents, referrers and search words.
"""

import gc
import sys

from gunicorn.glogging import Logger

from operations.logs import JSONFormatter


class JSONLogger(Logger):
    def _set_handler(self, log, output, fmt, stream=None):
        super()._set_handler(log, output, JSONFormatter(), stream=sys.stdout)


logger_class = JSONLogger


def pre_fork(_server, _worker):
    """Have nobody look for garbage in what is loaded: each process would get its own copy of it."""
    gc.freeze()
