"""Drill of floods: one visitor asks for ever new searches or lists, while others read at the same address."""

import os

from tests.drills import availability, sites
from tests.drills.wrk import NEW_ADDRESSES_SCRIPT

STORIES = int(os.environ.get("DRILL_STORIES", "10000"))
# {name: beginnings of addresses, each completed by a random number}. Many stories have these words.
SEARCHES = ["/search/?q=harbour+", "/fr/search/?q=harbuor+road&page=", "/search/suggestions/?q=harbour+"]
LISTS = ["/stories/?page=", "/stories/?country=kenya&page=", "/stories/?year=2024&theme="]
FLOODS = {"searches": SEARCHES, "lists": LISTS}


def floods(folder):
    """Ask with 30 connections for new searches and lists, while 50 readers behind the same address read."""
    with sites.site_on_postgresql(folder, STORIES) as (site, _database):
        site.start()
        return availability.attack(site, FLOODS, NEW_ADDRESSES_SCRIPT, readers=50, pause=500, max_p99=1000)
