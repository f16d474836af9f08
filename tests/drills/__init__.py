"""Drills: faults that a real server must survive, caused on purpose. `make drill` runs them.

A drill is a function that takes the path of a new folder and returns a list of Rows. It ends the processes
that it starts.
"""

from dataclasses import dataclass


@dataclass
class Row:
    """A measured figure, the limit for it as text, and whether it is within the limit."""

    name: str
    figure: str
    limit: str
    passed: bool


def is_equal(name, figure, wanted):
    return Row(name, f"{figure}", f"{wanted}", figure == wanted)


def is_at_most(name, figure, limit, unit=""):
    return Row(name, f"{figure:.1f}{unit}", f"<= {limit}{unit}", figure <= limit)


def say(text):
    print(f"  {text}", flush=True)
