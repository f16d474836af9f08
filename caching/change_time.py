"""The time of a change of the content version. It also says whether the change is complete.

A change is taken for complete after the commit of a transaction. Other changes are mostly followed by more.
"""

import time


def change_time(is_complete):
    """Return the time in nanoseconds: an odd number for a change that is complete, an even one for others.

    A file system with less exact times makes it even. Then the next pages are only made later.
    """
    return time.time_ns() // 2 * 2 + is_complete


def is_of_complete_change(nanoseconds):
    """Return whether the number `nanoseconds`, from change_time(), is of a change that is complete."""
    return nanoseconds % 2 == 1
