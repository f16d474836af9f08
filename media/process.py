"""Runs media.sanitizer for one file, in a process with limits of memory and time."""

import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from media.sanitizer.limits import LIMITS
from media.sanitizer.reasons import Reason, Refused

# Each worker process cleans one file at a time, so that several uploads don't add up their memory.
SANITIZER_LOCK = threading.Lock()
# Seconds for which an upload waits for the lock: as long as cleaning the file before it may take (PICTURE).
LOCK_TIMEOUT = 20
# Uploads that are being cleaned or wait, in each worker. More would hold the threads that readers need.
PLACES = threading.BoundedSemaphore(2)


@contextmanager
def turn():
    """Wait until no other thread cleans a file.

    Raises ValidationError if another one waits already, or if it takes too long.
    """
    with ExitStack() as held:
        for lock, seconds in ((PLACES, 0), (SANITIZER_LOCK, LOCK_TIMEOUT)):
            if not lock.acquire(timeout=seconds):
                raise make_busy_error()
            held.callback(lock.release)
        yield


def sanitize(data, kind):
    """Return the bytes `data`, cleaned by media.sanitizer in a new process.

    `kind`: a key of LIMITS. The process inherits no secrets, and no open files but its standard input and
    output. Raises Refused if the file can't be cleaned, and ValidationError, with a message for editors, if
    too many files are being cleaned at the moment.
    """
    # The output is no pipe: RLIMIT_FSIZE, the limit of output, holds for files only, and a malicious file may
    # have taken the process over. The input is in memory already, so a pipe does for it.
    with turn(), tempfile.TemporaryFile() as output:
        try:
            status = subprocess.run(  # noqa: S603 - our own module, and one of LIMITS
                [sys.executable, "-B", "-m", "media.sanitizer", kind],  # -B: write no .pyc files
                input=data,
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd=settings.BASE_DIR,
                # Otherwise glibc reserves 64 MiB for each thread, of the address space that LIMITS allow.
                env={"MALLOC_ARENA_MAX": "1"},
                timeout=LIMITS[kind].seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            status = Reason.TOO_MUCH
        except OSError as error:  # The system can't start another process.
            raise make_busy_error() from error
        output.seek(0)
        result = output.read()
    if status == 0:
        return result
    # Other statuses: the system ended the process (a negative one), mostly for its limits, or Python failed.
    reason = Reason(status) if status in Reason else Reason.TOO_MUCH
    raise Refused(reason, int(result) if reason == Reason.PIXELS else 0)


def make_busy_error():
    return ValidationError(_("Other files are being cleaned at the moment. Try again in a minute."))
