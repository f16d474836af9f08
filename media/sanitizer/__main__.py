"""The program of the sanitizer: reads a file from standard input and writes it cleaned to standard output.

    python -m media.sanitizer pdf < file > clean

The exit status is 0, or the Reason why the file is refused. With a Reason, the output is empty, or the
`number` of Refused. The process limits its own CPU time, memory and output before it reads the first byte, so
a file that needs more ends only this process.
"""

import contextlib
import importlib
import resource
import sys

from media.sanitizer.limits import LIMITS
from media.sanitizer.reasons import Reason, Refused

# {kind of file: module and function}. Only the module that is needed is imported.
CLEANERS = {
    "csv": "text.clean_csv",
    "pdf": "pdf.clean_pdf",
    "picture": "raster.clean_picture",
    "txt": "text.clean_text",
}


def main(kind):
    """Clean the file on standard input. `kind`: a key of CLEANERS. Return the exit status."""
    limit_resources(LIMITS[kind])
    try:
        data = clean(sys.stdin.buffer, kind)
    except Refused as refused:
        if refused.number:
            sys.stdout.write(str(refused.number))
        return refused.reason
    sys.stdout.buffer.write(data)
    return 0


def clean(file, kind):
    """Return the bytes of `file` cleaned. Raises Refused. `kind`: a key of CLEANERS."""
    module, name = CLEANERS[kind].split(".")
    try:
        data = getattr(importlib.import_module(f"media.sanitizer.{module}"), name)(file.read())
    except Refused:
        raise
    except MemoryError:
        raise Refused(Reason.TOO_MUCH) from None
    except Exception:  # The libraries raise all kinds of errors on broken files.
        raise Refused(Reason.BROKEN) from None
    if len(data) > LIMITS[kind].output:
        raise Refused(Reason.TOO_MUCH)
    return data


def limit_resources(limits):
    for kind, limit in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_CORE, 0),  # A dump of the memory after a crash would hold the uploaded file.
    ):
        # macOS can't limit the address space, so the memory has no limit there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
