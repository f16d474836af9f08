"""The time of a change of the content version. It also says which kind of change it is."""

import time
from enum import IntEnum


class Change(IntEnum):
    """The kinds of changes of the content version.

    `STATEMENT`: after a statement outside of a transaction. Mostly more of them follow.
    `COMMIT`: after the commit of a transaction, so the change is complete.
    `BEGUN`: before a commit, or before a statement outside of a transaction. Nothing is cached until it has
    ended, because requests read the old rows meanwhile.
    """

    STATEMENT = 0
    COMMIT = 1
    BEGUN = 2


def change_time(kind):
    """Return the time in nanoseconds. Its remainder after a division by 4 is `kind`, a Change.

    A file system with less exact times makes it 0.
    """
    return (time.time_ns() // 4 - 1) * 4 + kind  # not in the future


def kind_of(nanoseconds):
    """Return the number of the Change of the number `nanoseconds`, from change_time()."""
    return nanoseconds % 4
