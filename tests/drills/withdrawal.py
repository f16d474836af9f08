"""Drill of a withdrawal, which erases somebody who takes back their consent: what is left anywhere.

It runs erasing.py in a process of its own, with the settings of a site.
"""

from tests.drills import Row, sites
from tests.support import bucket_server
from tests.support.production import Site

# The places where no word is ever written, so that there is nothing to find before a withdrawal.
ALWAYS_EMPTY = {"data folder", "log"}


def withdrawal_leaves_nothing(folder):
    """Look for a withdrawn person in PostgreSQL's dump and files, a bucket, all pages, and the log."""
    (folder / "postgresql").mkdir()
    with sites.running_server(folder) as server, bucket_server.running() as bucket:
        # The crawler asks for the host of the tests.
        variables = {"DJANGO_SETTINGS_MODULE": "tests.settings", "S3_BUCKET": "stories"}
        site = Site(folder, server.address, **variables, **bucket)
        site.manage("migrate", "--verbosity", "0")
        places = sites.run_module("tests.drills.erasing", site, str(folder))
    rows = []
    for place, (before, after) in places.items():
        figure = f"{len(before)} before, {', '.join(after) or 0} after"
        wanted = f"{'0' if place in ALWAYS_EMPTY else '> 0'} before, 0 after"
        # If none was found before, the search may not work.
        passed = bool(before) != (place in ALWAYS_EMPTY) and not after
        rows.append(Row(f"withdrawal: words in {place}", figure, wanted, passed))
    return rows
