"""Drills about withdrawals, which erase somebody who takes back their consent.

They are about a killed process, and about what is left. Both run erasing.py in a process of its own, with the
settings of a site.
"""

from tests.drills import Row, is_equal, say, sites
from tests.support import bucket_server
from tests.support.production import Site, new_safeguarding_key

# The places where no word is ever written, so that there is nothing to find before a withdrawal.
ALWAYS_EMPTY = {"data folder", "log"}


def withdrawal_killed(folder):
    """Kill a withdrawal before and after each of its steps; look for what the scheduler's next run left."""
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3", SAFEGUARDING_KEYS=new_safeguarding_key())
    site.manage("migrate", "--verbosity", "0")
    wrong, log = sites.run_module("tests.drills.erasing", site, "killed")
    if any(wrong.values()):
        say(log)
    return [is_equal(f"withdrawal killed {moment}: what is left", left, "") for moment, left in wrong.items()]


def withdrawal_leaves_nothing(folder):
    """Look for a withdrawn person in PostgreSQL's dump and files, a bucket, all pages, and the log."""
    (folder / "postgresql").mkdir()
    with sites.running_server(folder) as server, bucket_server.running() as bucket:
        # The crawler asks for the host of the tests.
        variables = {"DJANGO_SETTINGS_MODULE": "tests.settings", "S3_BUCKET": "stories"}
        site = Site(folder, server.address, **variables, **bucket)
        site.manage("migrate", "--verbosity", "0")
        places, _log = sites.run_module("tests.drills.erasing", site, str(folder))
    rows = []
    for place, (before, after) in places.items():
        figure = f"{len(before)} before, {', '.join(after) or 0} after"
        wanted = f"{'0' if place in ALWAYS_EMPTY else '> 0'} before, 0 after"
        # If none was found before, the search may not work.
        passed = bool(before) != (place in ALWAYS_EMPTY) and not after
        rows.append(Row(f"withdrawal: words in {place}", figure, wanted, passed))
    return rows
