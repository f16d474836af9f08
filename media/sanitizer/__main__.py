"""Reads a file from standard input and writes it clean to standard output, within limits.

    python -m media.sanitizer docx < file > clean

The exit status is 0 or a Reason. The process gives up CPU time, memory and the size of its output before it
reads the first byte, so a file that asks for more ends only this process.
"""

import contextlib
import importlib
import resource
import sys

from media.sanitizer import limits
from media.sanitizer.reasons import Reason, Refused

CLEANERS = {
    "csv": "text.clean_csv",
    "docx": "office.clean_docx",
    "pdf": "pdf.clean_pdf",
    "txt": "text.clean_text",
    "xlsx": "office.clean_xlsx",
}


def main(suffix):
    """Clean standard input as a `suffix` file; return the exit status."""
    limit_resources()
    module, name = CLEANERS[suffix].split(".")
    try:
        clean = getattr(importlib.import_module(f"media.sanitizer.{module}"), name)
        data = clean(sys.stdin.buffer.read())
    except Refused as refused:
        return refused.reason
    except MemoryError:
        return Reason.TOO_MUCH
    except Exception:  # the libraries raise all kinds of errors on a broken file
        return Reason.BROKEN
    if len(data) > limits.OUTPUT:
        return Reason.TOO_MUCH
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return 0


def limit_resources():
    for kind, most in (
        (resource.RLIMIT_CPU, limits.CPU_SECONDS),
        (resource.RLIMIT_AS, limits.MEMORY),
        (resource.RLIMIT_FSIZE, limits.OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS refuses a limit of address space. CPU time and the parent's clock still hold there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
