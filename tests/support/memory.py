"""A limit for the memory that a test's process takes."""

from contextlib import contextmanager
from pathlib import Path

# By how many bytes the memory of the process may grow while it refuses a file.
MAX_MEMORY = 300_000_000


@contextmanager
def bounded_memory():
    """Fail if the peak memory of this process grows by more than MAX_MEMORY."""
    refs, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    if not refs.exists():  # macOS has no such file.
        yield
        return
    refs.write_text("5")  # For the kernel, this number resets the peak.
    before = peak(status)
    yield
    assert peak(status) - before < MAX_MEMORY


def peak(status):
    """Return the peak memory, in bytes, of the process whose file in /proc is `status`."""
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) * 1024
