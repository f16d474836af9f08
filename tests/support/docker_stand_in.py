"""Stands in for the program `docker`, for the scripts of docs/backups.md.

What is to be run in a container runs on this machine, with another folder in place of /data, and in the
service `database` with other names of databases and of their user. The environment has them: DATA, DATABASE
and PGUSER. A command that starts or stops containers does nothing, nor does one of manage.py. The file CALLS
gets a line for each call.

For other containers than `database`, the environment can have the beginnings of commands that run in real
ones: EXEC, RUN, STOP and UP.
"""

import os
import re
import sys
from pathlib import Path

PATH = Path(__file__)


def main(words):
    with open(os.environ["CALLS"], "a") as file:
        file.write(" ".join(words) + "\n")
    verb = words[1] if words[0] == "compose" else words[0]
    program = os.environ.get(verb.upper(), "").split()
    if verb in {"exec", "run"}:
        program = in_container(program, words[words.index(verb) + 1 :])
    if program:
        os.execvp(program[0], program)  # noqa: S606 - the shell of the script has parsed the words


def in_container(program, words):
    """Return the command for `words`: options, the container, and what to run in it."""
    container = next(word for word in words if not word.startswith("-"))
    command = words[words.index(container) + 1 :]
    if container == "database":
        return [rename(word) for word in command if word != "--username=stories"]
    if program or "manage.py" in command[-1]:
        return program and program + command
    return [word.replace("/data", os.environ["DATA"]) for word in command]


def rename(word):
    """Replace the names of databases in `word` by those of the test."""
    database = os.environ["DATABASE"]
    names = {"stories": database, "restored": f"restored_{database}", "replaced": f"replaced_{database}"}
    return re.sub("|".join(names), lambda found: names[found[0]], word)


if __name__ == "__main__":
    main(sys.argv[1:])
