"""Drills: faults that a real server must survive, caused on purpose. `make drill` runs them.

A drill is a function that takes the path of a new folder and returns a list of Rows. It ends the processes
that it starts.
"""

import os
import traceback
from dataclasses import dataclass


@dataclass
class Row:
    """A measured figure, the limit for it as text, and whether it is within the limit."""

    name: str
    figure: str
    limit: str
    passed: bool


def say(text):
    print(f"  {text}", flush=True)


def in_other_process(function):
    """Call `function` in a new process, and return its exit status, or the negative number of a signal."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    try:
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
