"""Limits for cleaning one file. media/process.py (the parent) and the sanitizer's process use them."""

from typing import NamedTuple

MEBI = 1024 * 1024


class Limits(NamedTuple):
    """Limits of one process.

    `cpu_seconds`: of the process. `seconds`: after which the parent ends it. `memory`: bytes of its address
    space. `output`: bytes of the cleaned file.
    """

    cpu_seconds: int
    seconds: int
    memory: int
    output: int


# With pikepdf loaded the process uses 45 MB. The parent needs about three times the size of the file: both
# together stay below 300 MB.
DOCUMENT = Limits(cpu_seconds=3, seconds=4, memory=230 * MEBI, output=20 * MEBI)
# The largest pictures that are accepted take 0.4 s (JPEG) to 2.4 s (transparent PNG) of CPU time, and up to
# 366 MB of address space (PNG with a palette).
PICTURE = Limits(cpu_seconds=5, seconds=20, memory=400 * MEBI, output=30 * MEBI)
# {kind of file, an argument of the sanitizer: Limits}.
LIMITS = {"picture": PICTURE} | dict.fromkeys(("csv", "pdf", "txt"), DOCUMENT)

# The greatest number of pixels of a picture.
PIXELS = 40_000_000
# The most unpacked bytes of one compressed stream of a PDF.
STREAM = 40 * MEBI
