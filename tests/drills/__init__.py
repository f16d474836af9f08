"""Faults that the site must survive, each made on purpose against the real server. `make drill` runs them.

A drill is a function that takes a new folder and returns Rows. It ends what it starts.
"""

from dataclasses import dataclass


@dataclass
class Row:
    """What was measured, the bar for it in words, and whether it was met."""

    name: str
    figure: str
    bar: str
    passed: bool


def say(text):
    print(f"  {text}", flush=True)
